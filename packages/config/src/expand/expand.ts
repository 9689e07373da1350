import { holdsSince, toVersion } from '../catalogue/version.ts';
import type { MacroProblemCode } from '../problem.ts';
import { BracketedText } from './bracketed-text.ts';
import { readExpression, type Dialect, type Expression, type Operand, type Relation } from './expression.ts';
import { eachMacro } from './macro.ts';
import { compareLevels, compareOperands, holds } from './relation.ts';

/** The text of a parameter before expansion, or undefined when nobody defines it. */
export type Lookup = (name: string) => string | undefined;

export interface ExpandLimits {
  /** Longest result, in UTF-16 code units. Default 64 Mi: `a=$b$b`, `b=$c$c` … doubles with each line. */
  readonly length?: number;
}

/** What became of a text. */
export interface Expansion {
  /** The text with all `$` expressions replaced; undefined when Postfix would stop at one of them. */
  readonly value: string | undefined;
  /** Why there is no value, or what is read differently than it looks. */
  readonly problems: readonly MacroProblem[];
  /** Names that were needed and that nobody defines; they count as empty. */
  readonly undefinedNames: readonly string[];
}

/** Something wrong with a `$` expression. */
export interface MacroProblem {
  readonly code: MacroProblemCode;
  readonly message: string;
  /** The parameters that were being expanded, outermost first; empty when the fault is in the text itself. */
  readonly path: readonly string[];
  /** Where the fault is: an offset in the text, or in the value of the last parameter of the path. */
  readonly offset: number;
}

/**
 * Replaces the `$` expressions of a text, and those in what they stand for.
 *
 * As Postfix does it: an undefined name is empty, the branch not taken is not looked at, and more than a
 * hundred levels of expressions in one another are an error.
 *
 * @param version  of the Postfix that reads it: braces and relations need 3.0, `level` needs 3.6
 * @see postconf(5), "main.cf file format"; mac_expand(3) in Postfix's source
 */
export function expand(text: string, lookup: Lookup, version: string, limits: ExpandLimits = {}): Expansion {
  const expander = new Expander(lookup, dialectOf(version), limits.length ?? 2 ** 26);
  return expander.run(text);
}

/** Expands many texts against one set of parameters; each parameter is expanded once. */
export function createExpander(
  lookup: Lookup,
  version: string,
  limits: ExpandLimits = {},
): (text: string) => Expansion {
  const expander = new Expander(lookup, dialectOf(version), limits.length ?? 2 ** 26);
  return (text) => expander.run(text);
}

export function dialectOf(version: string): Dialect {
  const read = toVersion(version);
  return { braces: holdsSince('3.0', read), levels: holdsSince('3.6', read) };
}

/** Levels of expressions in one another that Postfix follows. */
export const deepestNesting = 100;

/** Levels that we follow when operands, which Postfix counts anew, are counted in; Postfix runs out of stack somewhere. */
const deepestStack = 200;

/** A text that has been expanded, with how many levels that took. */
interface Expanded {
  readonly value: string;
  readonly height: number;
}

/** A parameter that has been expanded, with the names that were missing. */
interface ExpandedParameter extends Expanded {
  readonly undefinedNames: ReadonlySet<string>;
}

class Expander {
  readonly #lookup: Lookup;
  readonly #dialect: Dialect;
  readonly #longest: number;
  readonly #known = new Map<string, ExpandedParameter>();
  #undefined = new Set<string>();
  readonly #path = new Set<string>();
  #stack = 0;
  #warnings: MacroProblem[] = [];
  /** Why the expansion came to an end. Nothing is thrown: that takes long from a hundred levels down. */
  #stopped: MacroProblem | undefined;

  constructor(lookup: Lookup, dialect: Dialect, longest: number) {
    this.#lookup = lookup;
    this.#dialect = dialect;
    this.#longest = longest;
  }

  run(text: string): Expansion {
    this.#path.clear();
    this.#stack = 0;
    this.#warnings = [];
    this.#undefined = new Set();
    this.#stopped = undefined;
    const expanded = this.#text(new BracketedText(text), { start: 0, end: text.length }, 0);
    return {
      value: expanded?.value,
      problems: this.#stopped ? [...this.#warnings, this.#stopped] : this.#warnings,
      undefinedNames: [...this.#undefined],
    };
  }

  /** Expands a stretch of a text, `level` expressions deep; undefined when that came to an end. */
  #text(source: BracketedText, { start, end }: Operand, level: number): Expanded | undefined {
    let value = '';
    let height = 0;
    const add = (text: string, levels: number, at: number): boolean => {
      value += text;
      if (levels > height) height = levels;
      if (value.length <= this.#longest) return true;
      this.#stop('macro-too-long', `the value would be longer than ${this.#longest} characters`, at);
      return false;
    };
    const fault = eachMacro(source, start, end, {
      literal: (literal, at) => this.#isShallow(level, at) && add(literal, 1, at),
      macro: (from, to) => {
        const part = this.#macro(source, from, to, level);
        return part !== undefined && add(part.value, part.height + 1, from);
      },
    });
    if (fault) return this.#stop(fault.code, fault.message, fault.offset);
    return this.#stopped ? undefined : { value, height };
  }

  #macro(source: BracketedText, start: number, end: number, level: number): Expanded | undefined {
    if (!this.#isShallow(level, start)) return undefined;
    const expression = readExpression(source, start, end, this.#dialect);
    if ('code' in expression) return this.#stop(expression.code, expression.message, expression.offset);
    if (!this.#dialect.braces) this.#warnOfBraces(source, expression, start);
    if (++this.#stack > deepestStack) return this.#tooDeep(start);
    const result = this.#evaluate(source, expression, level);
    this.#stack--;
    return result;
  }

  #evaluate(source: BracketedText, expression: Expression, level: number): Expanded | undefined {
    const { whenTrue, whenFalse } = expression;
    if (expression.type === 'name' && !whenTrue && !whenFalse)
      return this.#parameter(expression.name, expression.offset, level + 1);
    const isTrue =
      expression.type === 'name'
        ? (this.#lookup(expression.name) ?? '') !== ''
        : this.#relation(source, expression);
    if (isTrue === undefined) return undefined;
    const branch = isTrue ? whenTrue : whenFalse;
    if (branch) return this.#text(source, branch, level + 1);
    return { value: isTrue && !whenFalse && !whenTrue ? 'true' : '', height: isTrue ? 1 : 0 };
  }

  #relation(source: BracketedText, { left, right, operator, byLevel }: Relation): boolean | undefined {
    // Operands are expanded for themselves: Postfix counts their levels anew.
    const a = this.#text(source, left, 0)?.value;
    const b = a === undefined ? undefined : this.#text(source, right, 0)?.value;
    if (a === undefined || b === undefined) return undefined;
    const order = byLevel ? compareLevels(a, b) : compareOperands(a, b);
    if (typeof order === 'number') return holds(order, operator);
    if ('malformed' in order) {
      const level = JSON.stringify(shorten(order.malformed));
      return this.#stop('macro-bad-level', `${level} is no compatibility level`, right.start);
    }
    const number = shorten(order.tooLarge);
    return this.#stop('macro-bad-expression', `${number} is too large a number`, right.start);
  }

  /** The expanded value of a parameter, whose text begins at the level given. */
  #parameter(name: string, offset: number, level: number): Expanded | undefined {
    const known = this.#known.get(name);
    if (known) {
      if (known.height > 0 && level + known.height - 1 > deepestNesting) return this.#tooDeep(offset);
      for (const missing of known.undefinedNames) this.#undefined.add(missing);
      return known;
    }
    const text = this.#lookup(name);
    if (text === undefined) this.#undefined.add(name);
    if (text === undefined || text === '') return { value: '', height: 0 };
    if (this.#path.has(name)) {
      const path = [...this.#path];
      const circle = [...path.slice(path.indexOf(name)), name].join(' → ');
      return this.#stop('macro-recursion', `${name} is defined by itself: ${circle}`, offset);
    }
    const outside = this.#undefined;
    const undefinedNames = new Set<string>();
    this.#undefined = undefinedNames;
    this.#path.add(name);
    const expanded = this.#text(new BracketedText(text), { start: 0, end: text.length }, level);
    if (expanded) this.#path.delete(name);
    for (const missing of undefinedNames) outside.add(missing);
    this.#undefined = outside;
    if (expanded) this.#known.set(name, { ...expanded, undefinedNames });
    return expanded;
  }

  #warnOfBraces({ text }: BracketedText, { whenTrue, whenFalse }: Expression, offset: number): void {
    const isInBraces = (branch: Operand | undefined): boolean =>
      branch !== undefined && /^\s*\{/.test(text.slice(branch.start, branch.end));
    if (!isInBraces(whenTrue) && !isInBraces(whenFalse)) return;
    this.#warnings.push({
      code: 'macro-needs-version',
      message: 'braces around text need Postfix 3.0; before, they are part of the text',
      path: [...this.#path],
      offset,
    });
  }

  #isShallow(level: number, offset: number): boolean {
    if (level <= deepestNesting) return true;
    this.#tooDeep(offset);
    return false;
  }

  #tooDeep(offset: number): undefined {
    return this.#stop(
      'macro-nesting',
      `more than ${deepestNesting} expressions stand in one another`,
      offset,
    );
  }

  #stop(code: MacroProblemCode, message: string, offset: number): undefined {
    this.#stopped = { code, message, path: [...this.#path], offset };
    return undefined;
  }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
