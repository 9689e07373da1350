import { formatAddress, parseIp4, parseIp6 } from '../address/address.ts';
import { network, toNetworks } from '../address/range-set.ts';
import { parseDomainSpec } from '../syntax/macro.ts';
import { parseSpf, type SpfRecord } from '../syntax/record.ts';
import type { Qualifier } from '../syntax/term.ts';
import { SpfBuildError } from './error.ts';

export interface TermOptions {
  /** What a match means. Default `+`, pass. */
  readonly qualifier?: Qualifier;
}

export interface HostOptions extends TermOptions {
  /** Whose hosts; the domain itself where absent. May hold macros. */
  readonly domain?: string;
  /** Match the IPv4 network of this length around each address: 0 to 32. */
  readonly prefix4?: number;
  /** The same for IPv6: 0 to 128. */
  readonly prefix6?: number;
}

/** The terms that may follow one another; `Self` is the builder that goes on. */
interface Terms<Self> {
  /** The addresses of a host. */
  a(options?: HostOptions | string): Self;
  /** The addresses of the hosts that receive mail. */
  mx(options?: HostOptions | string): Self;
  /** An IPv4 address or network, `192.0.2.1` or `192.0.2.0/24`. Host bits are cleared. */
  ip4(network: string, options?: TermOptions): Self;
  /** An IPv6 address or network. Host bits are cleared. */
  ip6(network: string, options?: TermOptions): Self;
  /** Whoever the other domain passes. */
  include(domain: string, options?: TermOptions): Self;
  /** Whoever a name with macros exists for. */
  exists(domain: string, options?: TermOptions): Self;
  /** Ends the record: what everybody else gets. */
  all(qualifier: Qualifier): FinishedSpf;
  /** Ends the record: everybody else is up to the other domain's record. */
  redirect(domain: string): FinishedSpf;
  /** Ends the record without a word about everybody else (neutral), as a record made for including does. */
  end(): FinishedSpf;
}

/** A record in the making. Each call gives a new builder; what stands already never changes. */
export interface SpfBuilder extends Terms<SpfBuilder> {
  /** Where the explanation of a fail is published. Once a record. */
  exp(domain: string): SpfBuilderWithExp;
}

export type SpfBuilderWithExp = Terms<SpfBuilderWithExp>;

/** A record that is whole and valid. */
export interface FinishedSpf {
  /** The record, for {@link zoneStrings} and the zone file. */
  readonly text: string;
  readonly record: SpfRecord;
  toString(): string;
}

/**
 * Begins an SPF record.
 *
 *     String(spf().mx().a().ip4('88.99.100.10').all('-'))   // v=spf1 mx a ip4:88.99.100.10 -all
 *
 * Every value is checked as it comes and the types allow nothing after the end, so no invalid record can be
 * built. `ptr` is left out: RFC 7208 section 5.5 says not to publish it.
 *
 * @throws SpfBuildError for a value that would make the record invalid
 */
export function spf(): SpfBuilder {
  return new Builder([], '', 0);
}

class Builder implements SpfBuilder, Terms<Builder> {
  readonly #terms: readonly string[];
  readonly #exp: string;
  readonly #lookups: number;

  constructor(terms: readonly string[], exp: string, lookups: number) {
    this.#terms = terms;
    this.#exp = exp;
    this.#lookups = lookups;
  }

  a(options: HostOptions | string = {}): Builder {
    return this.#host('a', options);
  }

  mx(options: HostOptions | string = {}): Builder {
    return this.#host('mx', options);
  }

  ip4(text: string, { qualifier }: TermOptions = {}): Builder {
    return this.#with(`${sign(qualifier)}ip4:${checkedNetwork(text, 4)}`, 0);
  }

  ip6(text: string, { qualifier }: TermOptions = {}): Builder {
    return this.#with(`${sign(qualifier)}ip6:${checkedNetwork(text, 6)}`, 0);
  }

  include(domain: string, { qualifier }: TermOptions = {}): Builder {
    return this.#with(`${sign(qualifier)}include:${checkedSpec(domain)}`, 1);
  }

  exists(domain: string, { qualifier }: TermOptions = {}): Builder {
    return this.#with(`${sign(qualifier)}exists:${checkedSpec(domain)}`, 1);
  }

  exp(domain: string): Builder {
    if (this.#exp !== '')
      throw new SpfBuildError('bad-explanation', 'a record has one exp at most: remove the second call');
    return new Builder(this.#terms, ` exp=${checkedSpec(domain)}`, this.#lookups);
  }

  all(qualifier: Qualifier): FinishedSpf {
    return this.#finish(`${checkedQualifier(qualifier)}all`);
  }

  redirect(domain: string): FinishedSpf {
    return this.#with(`redirect=${checkedSpec(domain)}`, 1).#finish();
  }

  end(): FinishedSpf {
    return this.#finish();
  }

  #host(name: 'a' | 'mx', options: HostOptions | string): Builder {
    const { qualifier, domain, prefix4, prefix6 } =
      typeof options === 'string' ? { domain: options } : options;
    const target = domain === undefined ? '' : `:${checkedSpec(domain)}`;
    const lengths =
      (prefix4 === undefined ? '' : `/${checkedPrefix(prefix4, 32)}`) +
      (prefix6 === undefined ? '' : `//${checkedPrefix(prefix6, 128)}`);
    return this.#with(`${sign(qualifier)}${name}${target}${lengths}`, 1);
  }

  #with(term: string, lookups: number): Builder {
    if (this.#lookups + lookups > 10) {
      throw new SpfBuildError(
        'too-many-lookups',
        `"${term}" is the eleventh term that needs a DNS lookup, and ten are allowed: name addresses with ip4 and ip6 in place of hosts`,
      );
    }
    return new Builder([...this.#terms, term], this.#exp, this.#lookups + lookups);
  }

  #finish(...last: string[]): FinishedSpf {
    const text = ['v=spf1', ...this.#terms, ...last].join(' ') + this.#exp;
    return { text, record: parseSpf(text), toString: () => text };
  }
}

function sign(qualifier: Qualifier | undefined): string {
  return qualifier === undefined || qualifier === '+' ? '' : checkedQualifier(qualifier);
}

/** Callers without types can hand in anything. */
function checkedQualifier(qualifier: Qualifier): Qualifier {
  if (['+', '-', '~', '?'].includes(qualifier)) return qualifier;
  throw new TypeError(`the qualifier is "+", "-", "~" or "?", not ${JSON.stringify(qualifier)}`);
}

function checkedNetwork(text: string, family: 4 | 6): string {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const ip4 = family === 4 ? parseIp4(address) : -1;
  const words = family === 6 ? parseIp6(address) : ip4 >= 0 ? ([0, 0, 0, ip4] as const) : undefined;
  if (!words) {
    throw new SpfBuildError(
      'bad-address',
      `"${text}" is no IPv${family} address or network: write one such as "${family === 4 ? '192.0.2.0/24' : '2001:db8::/32'}"`,
    );
  }
  const most = family === 4 ? 32 : 128;
  if (slash < 0) return formatAddress({ family, words });
  const digits = text.slice(slash + 1);
  const prefix = checkedPrefix(/^(?:0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : Number.NaN, most);
  return toNetworks(network({ family, words }, prefix))[0]!.text;
}

function checkedPrefix(prefix: number, most: number): number {
  if (Number.isInteger(prefix) && prefix >= 0 && prefix <= most) return prefix;
  throw new SpfBuildError(
    'bad-prefix',
    `${prefix} is no prefix length: use a whole number from 0 to ${most}`,
  );
}

function checkedSpec(domain: string): string {
  const problem = domain === '' ? undefined : parseDomainSpec(domain, 0).problems[0];
  if (domain === '' || problem) {
    throw new SpfBuildError(
      'bad-domain',
      problem ? `${problem.message}. ${problem.advice}` : 'the domain is empty: name one',
    );
  }
  return domain;
}
