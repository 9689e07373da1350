import { holdsSince, toVersion } from '../catalogue/version.ts';
import type { MacroProblemCode } from '../problem.ts';
import { BracketedText } from './bracketed-text.ts';
import { readExpression, type Dialect, type Expression, type Operand, type Relation } from './expression.ts';
import { eachMacro, type MacroFault } from './macro.ts';
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

class Stop {
  readonly problem: MacroProblem;
  constructor(problem: MacroProblem) {
    this.problem = problem;
  }
}

class Expander {
  readonly #lookup: Lookup;
  readonly #dialect: Dialect;
  readonly #longest: number;
  readonly #known = new Map<string, ExpandedParameter>();
  #undefined = new Set<string>();
  #path: string[] = [];
  #stack = 0;
  #warnings: MacroProblem[] = [];

  constructor(lookup: Lookup, dialect: Dialect, longest: number) {
    this.#lookup = lookup;
    this.#dialect = dialect;
    this.#longest = longest;
  }

  run(text: string): Expansion {
    this.#path = [];
    this.#stack = 0;
    this.#warnings = [];
    this.#undefined = new Set();
    try {
      const { value } = this.#text(new BracketedText(text), { start: 0, end: text.length }, 0);
      return { value, problems: this.#warnings, undefinedNames: [...this.#undefined] };
    } catch (stop) {
      if (!(stop instanceof Stop)) throw stop;
      return {
        value: undefined,
        problems: [...this.#warnings, stop.problem],
        undefinedNames: [...this.#undefined],
      };
    }
  }

  /** Expands a stretch of a text, `level` expressions deep. */
  #text(source: BracketedText, { start, end }: Operand, level: number): Expanded {
    let value = '';
    let height = 0;
    const add = (text: string, levels: number, at: number): void => {
      value += text;
      if (value.length > this.#longest) {
        this.#stop('macro-too-long', `the value would be longer than ${this.#longest} characters`, at);
      }
      if (levels > height) height = levels;
    };
    const fault = eachMacro(source, start, end, {
      literal: (literal, at) => {
        this.#checkLevel(level, at);
        add(literal, 1, at);
      },
      macro: (from, to) => {
        const part = this.#macro(source, from, to, level);
        add(part.value, part.height + 1, from);
        return true;
      },
    });
    if (fault) this.#fault(fault);
    return { value, height };
  }

  #macro(source: BracketedText, start: number, end: number, level: number): Expanded {
    this.#checkLevel(level, start);
    const expression = readExpression(source, start, end, this.#dialect);
    if ('code' in expression) this.#fault(expression);
    if (!this.#dialect.braces) this.#warnOfBraces(source, expression, start);
    if (++this.#stack > deepestStack) this.#tooDeep(start);
    const result = this.#evaluate(source, expression, level);
    this.#stack--;
    return result;
  }

  #evaluate(source: BracketedText, expression: Expression, level: number): Expanded {
    const { whenTrue, whenFalse } = expression;
    if (expression.type === 'name' && !whenTrue && !whenFalse)
      return this.#parameter(expression.name, expression.offset, level + 1);
    const isTrue =
      expression.type === 'name'
        ? (this.#lookup(expression.name) ?? '') !== ''
        : this.#relation(source, expression);
    const branch = isTrue ? whenTrue : whenFalse;
    if (branch) return this.#text(source, branch, level + 1);
    return { value: isTrue && !whenFalse && !whenTrue ? 'true' : '', height: isTrue ? 1 : 0 };
  }

  #relation(source: BracketedText, { left, right, operator, byLevel }: Relation): boolean {
    const offset = right.start;
    // Operands are expanded for themselves: Postfix counts their levels anew.
    const a = this.#text(source, left, 0).value;
    const b = this.#text(source, right, 0).value;
    if (!byLevel) {
      const order = compareOperands(a, b);
      if (typeof order === 'number') return holds(order, operator);
      this.#stop('macro-bad-expression', `${shorten(order.tooLarge)} is too large a number`, offset);
    }
    const order = compareLevels(a, b);
    if (typeof order === 'number') return holds(order, operator);
    this.#stop(
      'macro-bad-level',
      `${JSON.stringify(shorten(order.malformed))} is no compatibility level`,
      offset,
    );
  }

  /** The expanded value of a parameter, whose text begins at the level given. */
  #parameter(name: string, offset: number, level: number): Expanded {
    const known = this.#known.get(name);
    if (known) {
      if (known.height > 0 && level + known.height - 1 > deepestNesting) this.#tooDeep(offset);
      for (const missing of known.undefinedNames) this.#undefined.add(missing);
      return known;
    }
    const text = this.#lookup(name);
    if (text === undefined) this.#undefined.add(name);
    if (text === undefined || text === '') return { value: '', height: 0 };
    if (this.#path.includes(name)) {
      const circle = [...this.#path.slice(this.#path.indexOf(name)), name].join(' → ');
      this.#stop('macro-recursion', `${name} is defined by itself: ${circle}`, offset);
    }
    const outside = this.#undefined;
    const undefinedNames = new Set<string>();
    this.#undefined = undefinedNames;
    this.#path.push(name);
    const expanded = this.#text(new BracketedText(text), { start: 0, end: text.length }, level);
    this.#path.pop();
    for (const missing of undefinedNames) outside.add(missing);
    this.#undefined = outside;
    this.#known.set(name, { ...expanded, undefinedNames });
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

  #checkLevel(level: number, offset: number): void {
    if (level > deepestNesting) this.#tooDeep(offset);
  }

  #tooDeep(offset: number): never {
    this.#stop('macro-nesting', `more than ${deepestNesting} expressions stand in one another`, offset);
  }

  #fault({ code, message, offset }: MacroFault): never {
    this.#stop(code, message, offset);
  }

  #stop(code: MacroProblemCode, message: string, offset: number): never {
    throw new Stop({ code, message, path: [...this.#path], offset });
  }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
