import { compilePcre, compilePosix, type Compiled, type Matcher, type PatternOptions } from './matcher.ts';
import { firstMatch, readRules, type Read } from './rules.ts';
import type { Lookup, Table } from './table.ts';

interface Pattern {
  readonly negated: boolean;
  /** Undefined when the pattern cannot be run here. */
  readonly match: Matcher | undefined;
  readonly groups: number;
}

/** Literal text and numbers of groups, in turn. */
type Replacement = readonly (string | number)[];

/** What is read of a table; patterns behind it are not run. */
const mostCharacters = 250_000;

/**
 * A table of regular expressions (regexp_table(5), pcre_table(5)): the first rule that matches decides.
 *
 *     if !/^owner-/
 *     /^(.*)-outgoing@(.*)$/i  550 Use ${1}@${2} instead
 *     endif
 */
export function patternTable(kind: 'regexp' | 'pcre', name: string, file: string, text: string): Table {
  let left = mostCharacters;
  const { rules, problems } = readRules<readonly Pattern[]>(file, text, {
    read: (entry, behindIf) =>
      !behindIf && /^[A-Za-z0-9]/.test(entry)
        ? `expected /pattern/ value, if or endif, found ${JSON.stringify(entry.slice(0, 40))}`
        : readPatterns(kind, entry, (left -= entry.length) >= 0),
    refuse(patterns, value) {
      const replacement = parseReplacement(value);
      if (typeof replacement === 'string') return replacement;
      const highest = Math.max(0, ...replacement.filter((part) => typeof part === 'number'));
      const [first] = patterns;
      if (highest > 0 && first?.negated) return '$number in the result of a negated pattern';
      if (first?.match && highest > first.groups) return `$${highest} is more than the pattern has groups`;
      return undefined;
    },
  });
  const replacements = new Map<string, Replacement>();
  const replacementOf = (value: string): Replacement => {
    let parts = replacements.get(value);
    if (!parts) replacements.set(value, (parts = parseReplacement(value) as Replacement));
    return parts;
  };
  return {
    name,
    fixed: false,
    problems,
    lookup(key): Lookup {
      let groups: readonly (string | undefined)[] = [];
      return firstMatch(
        rules,
        ({ when, line }) => {
          const outcome = matchAll(when, key);
          if (outcome === 'unknown')
            return {
              status: 'unknown',
              table: name,
              because: `the pattern at ${file}:${line} cannot be run here`,
            };
          groups = outcome ?? [];
          return outcome !== undefined;
        },
        ({ value, line }) => ({
          status: 'found',
          value: replacementOf(value)
            .map((part) => (typeof part === 'string' ? part : (groups[part] ?? '')))
            .join(''),
          at: { file, line },
        }),
      );
    },
    content: () => ({
      type: 'patterns',
      values: rules.flatMap((rule) => (rule.type === 'match' ? [rule.value] : [])),
    }),
  };
}

/** The groups of the first pattern when all of them hold. */
function matchAll(
  patterns: readonly Pattern[],
  key: string,
): readonly (string | undefined)[] | undefined | 'unknown' {
  let groups: readonly (string | undefined)[] = [];
  for (const [index, { match, negated }] of patterns.entries()) {
    if (!match) return 'unknown';
    const found = match(key);
    if (found === 'too long') return 'unknown';
    if ((found === undefined) !== negated) return undefined;
    if (index === 0) groups = found ?? [];
  }
  return groups;
}

/** One pattern, or for regexp tables `/this/!/not that/`, and the text that follows. */
function readPatterns(kind: 'regexp' | 'pcre', text: string, run: boolean): Read<readonly Pattern[]> {
  const patterns: Pattern[] = [];
  let rest = text;
  do {
    const parsed = parsePattern(kind, rest, run);
    if (typeof parsed === 'string') return parsed;
    if (parsed.compiled.status === 'invalid') return parsed.compiled.message;
    const { compiled, negated } = parsed;
    patterns.push(
      compiled.status === 'compiled'
        ? { negated, match: compiled.match, groups: compiled.groups }
        : { negated, match: undefined, groups: 0 },
    );
    rest = parsed.rest;
  } while (kind === 'regexp' && rest.startsWith('!'));
  return { when: patterns, rest: rest.trim() };
}

function parsePattern(
  kind: 'regexp' | 'pcre',
  text: string,
  run: boolean,
): { compiled: Compiled; negated: boolean; rest: string } | string {
  let at = 0;
  let negated = false;
  while (at < text.length && (text[at] === '!' || /\s/.test(text[at]!))) {
    if (text[at] === '!') negated = !negated;
    at++;
  }
  const delimiter = text[at];
  if (delimiter === undefined) return 'no regular expression';
  const start = ++at;
  while (at < text.length && text[at] !== delimiter) at += text[at] === '\\' ? 2 : 1;
  if (at >= text.length) return `no closing delimiter "${delimiter}"`;
  const pattern = text.slice(start, at);
  const flags = (kind === 'regexp' ? /^[^\s!]*/ : /^\S*/).exec(text.slice(at + 1))![0];
  const known = kind === 'regexp' ? 'imx' : 'imsxAEUX';
  const unknown = flags.split('').find((flag) => !known.includes(flag));
  if (unknown !== undefined) return `unknown option "${unknown}"`;
  const toggled = (flag: string): boolean => flags.split(flag).length % 2 === 0;
  const options: PatternOptions = {
    caseless: !toggled('i'),
    multiline: toggled('m'),
    dotAll: kind === 'regexp' ? !toggled('m') : !toggled('s'),
    extended: kind === 'pcre' && toggled('x'),
    anchored: toggled('A'),
    ungreedy: toggled('U'),
  };
  const rest = text.slice(at + 1 + flags.length);
  if (!run) {
    const message = `the table has more than ${mostCharacters} characters`;
    return { compiled: { status: 'unsupported', message }, negated, rest };
  }
  if (kind === 'regexp' && toggled('x')) {
    const message = 'the x option selects basic regular expressions';
    return { compiled: { status: 'unsupported', message }, negated, rest };
  }
  return {
    compiled: kind === 'regexp' ? compilePosix(pattern, options) : compilePcre(pattern, options),
    negated,
    rest,
  };
}

/** `$1`, `${1}`, `$(1)` are groups and `$$` is a dollar sign. */
function parseReplacement(text: string): Replacement | string {
  const parts: (string | number)[] = [];
  let literal = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '$') {
      literal += text[at];
      continue;
    }
    const match = /^\$(?:(\$)|([A-Za-z0-9_]+)|\{([^}]*)\}|\(([^)]*)\))/.exec(text.slice(at));
    if (!match) return 'bad replacement syntax';
    at += match[0].length - 1;
    const name = match[2] ?? match[3] ?? match[4];
    if (name === undefined) {
      literal += '$';
      continue;
    }
    if (!/^\d+$/.test(name) || Number(name) < 1) return `"$${name}" is no number of a group`;
    parts.push(literal, Number(name));
    literal = '';
  }
  return [...parts, literal];
}
