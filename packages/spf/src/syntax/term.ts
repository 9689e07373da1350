import { parseIp4, parseIp6 } from '../address/address.ts';
import { parseDomainSpec, parseMacroString, type MacroString } from './macro.ts';
import type { Range, SpfProblem } from './problem.ts';

/** `+` pass, `-` fail, `~` softfail, `?` neutral. */
export type Qualifier = '+' | '-' | '~' | '?';

interface Written {
  /** The spaces before the term, as they stand. */
  readonly before: string;
  /** The term as it stands. */
  readonly text: string;
  readonly range: Range;
}

interface Directive extends Written {
  readonly type: 'mechanism';
  /** `+` where none is written. */
  readonly qualifier: Qualifier;
}

export interface AllTerm extends Directive {
  readonly name: 'all';
}

export interface IncludeTerm extends Directive {
  readonly name: 'include' | 'exists';
  readonly domain: MacroString;
}

export interface HostTerm extends Directive {
  readonly name: 'a' | 'mx';
  /** Absent where the domain under check is meant. */
  readonly domain?: MacroString;
  readonly prefix4?: number;
  readonly prefix6?: number;
}

export interface PtrTerm extends Directive {
  readonly name: 'ptr';
  readonly domain?: MacroString;
}

export interface AddressTerm extends Directive {
  readonly name: 'ip4' | 'ip6';
  /** As it is written; host bits may be set. */
  readonly address: string;
  readonly prefix?: number;
}

/** A term that decides about the client. */
export type Mechanism = AllTerm | IncludeTerm | HostTerm | PtrTerm | AddressTerm;

/** `name=value`. Only `redirect` and `exp` mean something; others are kept and passed over. */
export interface Modifier extends Written {
  readonly type: 'modifier';
  /** Lower case. */
  readonly name: string;
  readonly value: MacroString;
}

/** A term that cannot be read; the record's problems say why. */
export interface InvalidTerm extends Written {
  readonly type: 'invalid';
}

export type SpfTerm = Mechanism | Modifier | InvalidTerm;

/**
 * Reads one term (RFC 7208 sections 5 and 6).
 *
 *     -a:mail.example.com/24//64          exp=why.example.com
 *     ^ qualifier                         ^^^ name, because "=" comes before any ":" or "/"
 *      ^ name                                 ^^^^^^^^^^^^^^^ value
 *       ^^^^^^^^^^^^^^^^^^^^^^^^ value
 *
 * @param start  where the term stands in the record
 */
export function parseTerm(
  text: string,
  before: string,
  start: number,
): { term: SpfTerm; problems: SpfProblem[] } {
  const written: Written = { before, text, range: { start, end: start + text.length } };
  const reader = new TermReader(written);
  const term = reader.read();
  return {
    term: reader.problems.length > 0 ? { type: 'invalid', ...written } : term!,
    problems: reader.problems,
  };
}

class TermReader {
  readonly problems: SpfProblem[] = [];
  readonly #written: Written;

  constructor(written: Written) {
    this.#written = written;
  }

  read(): SpfTerm | undefined {
    const { text } = this.#written;
    const separator = text.search(/[=:/]/);
    if (separator >= 0 && text[separator] === '=')
      return this.#modifier(text.slice(0, separator), separator + 1);

    const sign = /^[+\-~?]/.test(text) ? 1 : 0;
    const qualifier = (sign === 1 ? text[0] : '+') as Qualifier;
    const end = separator < 0 ? text.length : separator;
    const name = text.slice(sign, end).toLowerCase();
    const directive = { type: 'mechanism', qualifier, ...this.#written } as const;
    switch (name) {
      case 'all':
        if (end < text.length) {
          return this.#report(
            'unexpected-value',
            end,
            text.length,
            '"all" takes no value',
            'Write the bare word.',
          );
        }
        return { ...directive, name };
      case 'include':
      case 'exists': {
        const domain = this.#domain(name, end);
        return domain && { ...directive, name, domain };
      }
      case 'ptr': {
        if (end === text.length) return { ...directive, name };
        const domain = this.#domain(name, end);
        return domain && { ...directive, name, domain };
      }
      case 'a':
      case 'mx':
        return this.#host({ ...directive, name }, end);
      case 'ip4':
      case 'ip6':
        return this.#address({ ...directive, name }, end);
      default:
        return this.#unknown(name, sign, end);
    }
  }

  #modifier(name: string, valueStart: number): Modifier | undefined {
    const { text, range } = this.#written;
    if (!/^[a-z][a-z0-9._-]*$/i.test(name)) {
      const message = name === '' ? 'a modifier without a name' : `"${name}" is no name for a modifier`;
      return this.#report(
        'bad-modifier-name',
        0,
        valueStart,
        message,
        'A name begins with a letter; mechanisms use ":".',
      );
    }
    const known = name.toLowerCase();
    const value = text.slice(valueStart);
    const start = range.start + valueStart;
    if (known === 'redirect' || known === 'exp') {
      if (value === '') {
        return this.#report(
          'missing-value',
          0,
          text.length,
          `"${name}=" names no domain`,
          'Name one, or remove the term.',
        );
      }
      const domain = this.#take(parseDomainSpec(value, start));
      return { type: 'modifier', name: known, value: domain, ...this.#written };
    }
    const parsed = this.#take(parseMacroString(value, 'modifier', start));
    return { type: 'modifier', name: known, value: parsed, ...this.#written };
  }

  #domain(name: string, end: number): MacroString | undefined {
    const { text, range } = this.#written;
    if (text[end] !== ':' || end + 1 === text.length) {
      const advice = `Write "${name}:" and a domain name.`;
      return this.#report('missing-value', 0, text.length, `"${text}" names no domain`, advice);
    }
    return this.#take(parseDomainSpec(text.slice(end + 1), range.start + end + 1));
  }

  /** `a`, `a/24`, `a//64`, `a/24//64`, each with or without `:domain` before the slash. */
  #host(directive: Directive & { name: 'a' | 'mx' }, end: number): HostTerm | undefined {
    const { text, range } = this.#written;
    const [, value = '', written4, written6] = /^(.*?)(?:\/(\d+))?(?:\/\/(\d+))?$/s.exec(text.slice(end))!;
    const prefix4 = this.#prefix(written4, 32);
    const prefix6 = this.#prefix(written6, 128);
    const prefixes = {
      ...(prefix4 === undefined ? {} : { prefix4 }),
      ...(prefix6 === undefined ? {} : { prefix6 }),
    };
    if (value === '') return { ...directive, ...prefixes };
    if (value === ':' || value.startsWith('/')) {
      const advice = `Write "${directive.name}", "${directive.name}:name" or "${directive.name}:name/24//64".`;
      return this.#report(
        'missing-value',
        0,
        text.length,
        `"${text}" has no usable domain or prefix`,
        advice,
      );
    }
    const domain = this.#take(parseDomainSpec(value.slice(1), range.start + end + 1));
    return { ...directive, domain, ...prefixes };
  }

  #address(directive: Directive & { name: 'ip4' | 'ip6' }, end: number): AddressTerm | undefined {
    const { text } = this.#written;
    const { name } = directive;
    const value = text[end] === ':' ? text.slice(end + 1) : '';
    const slash = value.indexOf('/');
    const address = slash < 0 ? value : value.slice(0, slash);
    const valid = name === 'ip4' ? parseIp4(address) >= 0 : parseIp6(address) !== undefined;
    if (!valid) {
      const example = name === 'ip4' ? 'ip4:192.0.2.0/24' : 'ip6:2001:db8::/32';
      const message = `"${address}" is no IPv${name === 'ip4' ? 4 : 6} address`;
      const other = name === 'ip4' ? parseIp6(address) !== undefined : parseIp4(address) >= 0;
      const advice = other
        ? `Use ${name === 'ip4' ? 'ip6' : 'ip4'}: for it.`
        : `Write all of it, as in "${example}".`;
      return this.#report('bad-address', end, text.length, message, advice);
    }
    if (slash < 0) return { ...directive, address };
    const prefix = this.#prefix(value.slice(slash + 1), name === 'ip4' ? 32 : 128);
    return prefix === undefined ? undefined : { ...directive, address, prefix };
  }

  /** A prefix length without leading zeros (RFC 7208 section 5.6). */
  #prefix(digits: string | undefined, most: number): number | undefined {
    if (digits === undefined) return undefined;
    if (/^(?:0|[1-9]\d{0,2})$/.test(digits) && Number(digits) <= most) return Number(digits);
    const { text } = this.#written;
    const message = `"/${digits}" is no prefix length`;
    return this.#report(
      'bad-prefix',
      text.indexOf('/'),
      text.length,
      message,
      `Use a number from 0 to ${most}.`,
    );
  }

  #unknown(name: string, from: number, to: number): undefined {
    const { text } = this.#written;
    const range: [number, number] = to > from ? [from, to] : [0, text.length];
    if (/^(?:redirect|exp)$/.test(name)) {
      return this.#report(
        'unknown-mechanism',
        ...range,
        `"${name}" is a modifier`,
        `Write "${name}=" and a domain.`,
      );
    }
    if (parseIp4(name) >= 0) {
      return this.#report('unknown-mechanism', ...range, `"${name}" stands alone`, `Write "ip4:${name}".`);
    }
    const advice = 'The mechanisms are all, include, a, mx, ptr, ip4, ip6 and exists.';
    return this.#report('unknown-mechanism', ...range, `"${text.slice(...range)}" is no mechanism`, advice);
  }

  #take(parsed: { value: MacroString; problems: readonly SpfProblem[] }): MacroString {
    this.problems.push(...parsed.problems);
    return parsed.value;
  }

  #report(code: SpfProblem['code'], from: number, to: number, message: string, advice: string): undefined {
    const { start } = this.#written.range;
    this.problems.push({ code, range: { start: start + from, end: start + to }, message, advice });
    return undefined;
  }
}
