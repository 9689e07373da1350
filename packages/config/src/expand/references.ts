import { BracketedText } from './bracketed-text.ts';
import { readExpression, type Dialect, type Expression } from './expression.ts';
import { deepestNesting, dialectOf } from './expand.ts';
import { eachMacro, type MacroFault } from './macro.ts';

/** A name that a text refers to. */
export interface Reference {
  readonly name: string;
  /** Where the name stands in the text. */
  readonly offset: number;
  /** `value`: what it stands for is put in; `test`: only whether it is empty matters. */
  readonly use: 'value' | 'test';
}

/** What a text refers to, in every branch, and the first thing that is wrong with it. */
export interface References {
  readonly references: readonly Reference[];
  readonly fault?: MacroFault;
}

/**
 * The names that a text refers to directly, in all branches, whether they are taken or not.
 *
 * @see mac_expand(3) in Postfix's source, MAC_EXP_FLAG_SCAN
 */
export function referencesOf(text: string, version: string): References {
  if (!text.includes('$')) return { references: [] };
  const references: Reference[] = [];
  const fault = scan(new BracketedText(text), 0, text.length, 0, dialectOf(version), references);
  return fault ? { references, fault } : { references };
}

function scan(
  source: BracketedText,
  start: number,
  end: number,
  level: number,
  dialect: Dialect,
  references: Reference[],
): MacroFault | undefined {
  // Deeper than Postfix follows; the expansion says so.
  if (level > deepestNesting) return undefined;
  let inside: MacroFault | undefined;
  const fault = eachMacro(source, start, end, {
    literal: () => true,
    macro(from, to) {
      const expression = readExpression(source, from, to, dialect);
      if ('code' in expression) inside = expression;
      else inside = scanExpression(source, expression, level, dialect, references);
      return inside === undefined;
    },
  });
  return inside ?? fault;
}

function scanExpression(
  source: BracketedText,
  expression: Expression,
  level: number,
  dialect: Dialect,
  references: Reference[],
): MacroFault | undefined {
  const { whenTrue, whenFalse } = expression;
  if (expression.type === 'name') {
    references.push({
      name: expression.name,
      offset: expression.offset,
      use: whenTrue || whenFalse ? 'test' : 'value',
    });
  }
  const operands = [
    ...(expression.type === 'relation' ? [expression.left, expression.right] : []),
    ...(whenTrue ? [whenTrue] : []),
    ...(whenFalse ? [whenFalse] : []),
  ];
  for (const { start, end } of operands) {
    const fault = scan(source, start, end, level + 1, dialect, references);
    if (fault) return fault;
  }
  return undefined;
}
