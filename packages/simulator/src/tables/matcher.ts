import { RE2JS } from 're2js';
import { backtrackingWays } from './backtracking.ts';
import { toRe2 } from './posix-regexp.ts';

/** A compiled pattern: the groups of the first match (0 is the whole), or undefined; or that it would take too long. */
export type Matcher = (text: string) => readonly (string | undefined)[] | undefined | 'too long';

/** The options of a pattern after Postfix's defaults (caseless, dot matches newline) were switched by its flags. */
export interface PatternOptions {
  readonly caseless: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
  readonly anchored: boolean;
  readonly ungreedy: boolean;
}

export type Compiled =
  | { readonly status: 'compiled'; readonly match: Matcher; readonly groups: number }
  /** Postfix would refuse the pattern and skip the rule. */
  | { readonly status: 'invalid'; readonly message: string }
  /** The pattern may be right, and cannot be run here within bounds. */
  | { readonly status: 'unsupported'; readonly message: string };

/** Patterns longer than this are not run. */
const longestPattern = 10_000;

/** Texts longer than this are not put to an engine that backtracks, and what it may have to try with them at the most. */
const longestText = 400;
const mostWays = 100_000_000;

/** Compiles a pattern of a regexp table (POSIX extended). Runs in time linear in the text. */
export function compilePosix(pattern: string, options: PatternOptions): Compiled {
  if (pattern.length > longestPattern) return tooLong(pattern);
  const converted = toRe2(pattern);
  return converted.status === 'converted' ? compileRe2(converted.pattern, options) : converted;
}

/**
 * Compiles a pattern of a pcre table. RE2 runs what it can, in linear time; look-around and back-references go to
 * the engine of JavaScript when the pattern cannot make it backtrack without bound.
 */
export function compilePcre(pattern: string, options: PatternOptions): Compiled {
  if (pattern.length > longestPattern) return tooLong(pattern);
  const text = options.extended ? withoutFreeSpacing(pattern) : pattern;
  if (/[\^$](?:[*+?]|\{\d+(?:,\d*)?\})/.test(bare(text)))
    return { status: 'invalid', message: 'a quantifier follows an anchor' };
  if (!needsBacktracking(text)) return compileRe2(text, options);
  if (backtrackingWays(text, longestText) > mostWays)
    return { status: 'unsupported', message: 'the pattern needs backtracking that has no bound' };
  const flags = `${options.caseless ? 'i' : ''}${options.multiline ? 'm' : ''}${options.dotAll ? 's' : ''}`;
  try {
    const anchored = options.anchored ? `^(?:${text})` : text;
    const expression = new RegExp(anchored, flags);
    const groups = (new RegExp(`${anchored}|`).exec('')?.length ?? 1) - 1;
    const match: Matcher = (subject) =>
      subject.length > longestText ? 'too long' : (expression.exec(subject) ?? undefined);
    return { status: 'compiled', groups, match };
  } catch {
    return { status: 'unsupported', message: 'the pattern has a construct that only PCRE knows' };
  }
}

function compileRe2(pattern: string, options: PatternOptions): Compiled {
  const flags =
    (options.caseless ? RE2JS.CASE_INSENSITIVE : 0) |
    (options.multiline ? RE2JS.MULTILINE : 0) |
    (options.dotAll ? RE2JS.DOTALL : 0);
  const text = `${options.ungreedy ? '(?U)' : ''}${options.anchored ? '\\A' : ''}(?:${pattern})`;
  try {
    const compiled = RE2JS.compile(text, flags);
    return {
      status: 'compiled',
      groups: compiled.groupCount(),
      match(subject) {
        const matcher = compiled.matcher(subject);
        if (!matcher.find()) return undefined;
        return Array.from(
          { length: compiled.groupCount() + 1 },
          (_, index) => matcher.group(index) ?? undefined,
        );
      },
    };
  } catch (error) {
    return { status: 'invalid', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Look-ahead, look-behind, atomic groups, back-references, possessive quantifiers. */
function needsBacktracking(pattern: string): boolean {
  return /\(\?[=!>]|\(\?<[=!]|\\[1-9]|[*+?}]\+/.test(bare(pattern));
}

/** The pattern with each escaped character and each bracket expression as an `x`; back-references stay. */
function bare(pattern: string): string {
  return pattern.replaceAll(/\\[^1-9]/g, 'x').replaceAll(/\[\^?\]?[^\]]*\]/g, 'x');
}

/** PCRE's x flag: white space and comments in the pattern say nothing. */
function withoutFreeSpacing(pattern: string): string {
  return pattern.replaceAll(/\\.|\[\^?\]?[^\]]*\]|#.*|\s+/g, (part) => (/^[\s#]/.test(part) ? '' : part));
}

function tooLong(pattern: string): Compiled {
  return {
    status: 'unsupported',
    message: `the pattern has ${pattern.length} characters, more than ${longestPattern}`,
  };
}
