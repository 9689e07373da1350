import { canonicalAddress } from '../address/hostname.ts';
import { split } from '../host/words.ts';
import { patternIndex } from './pattern-index.ts';
import { addressBytes, networkContains, parseNetwork, type Network } from '../tables/network.ts';
import { unread } from '../tables/open.ts';
import type { Table } from '../tables/table.ts';

/** What a list says of a subject. `table` is what failed or is not known. */
export type Match =
  | { readonly status: 'match'; readonly pattern: string }
  | { readonly status: 'no' }
  | { readonly status: 'failed'; readonly because: string };

export type MatchKind = 'string' | 'domain' | 'address';

/** One pattern of a list. */
export interface Pattern {
  readonly text: string;
  readonly lower: string;
  /** The pattern as one address, in its canonical form. */
  readonly canonical: string;
  readonly negated: boolean;
  readonly table?: Table | undefined;
  readonly network?: Network | string | undefined;
}

/** Looks a key up; answers `unknown` tables by assumption, and so never says unknown itself. */
export type TableReader = (table: Table, key: string) => string | undefined | { readonly failed: string };

/** A file that a list includes and that cannot be had. */
export interface ListProblem {
  readonly message: string;
  readonly path: string;
  /** The line of another included file that names it; undefined where a parameter does. */
  readonly within: { readonly file: string; readonly line: number } | undefined;
}

/** A list of patterns such as mydestination, relay_domains or mynetworks. @see match_list(3) */
export interface MatchList {
  readonly patterns: readonly string[];
  /** Tables in the list, to be told of. */
  readonly tables: readonly Table[];
  /** With any of these it fails whenever it is asked. */
  readonly problems: readonly ListProblem[];
  /** A name, an address, or both: the first pattern that either matches decides. */
  match(name: string | undefined, address: string | undefined, read: TableReader): Match;
}

/** Lists of so many patterns are looked up in, not gone through. */
const longList = 64;
/** Files that a list includes, one within another. */
const mostFiles = 1000;

const no: Match = { status: 'no' };

/**
 * Reads a list: `name`, `.domain`, `address`, `network/bits`, `type:table`, `/file`, each perhaps after `!`.
 *
 * @param parents  whether `example.com` also matches what is below it (parent_domain_matches_subdomains)
 * @param literals `string` compares names only
 */
export function matchList(
  text: string,
  kind: MatchKind,
  parents: boolean,
  open: (name: string) => Table,
  files: ((path: string) => string | undefined) | undefined,
): MatchList {
  const patterns: Pattern[] = [];
  const problems: ListProblem[] = [];
  /** A file adds nothing the second time: of its patterns the first ones decide. Null where it has not been read to its end. */
  const included = new Map<string, true | null>();
  const add = (words: readonly { text: string }[], within?: { file: string; content: string }): void => {
    for (const { text: word } of words) {
      const bangs = /^!*/.exec(word)![0].length;
      const body = word.slice(bangs);
      const negated = bangs % 2 === 1;
      if (body.startsWith('/') && !/^\/.*\/$/.test(body)) {
        const fail = (message: string): void =>
          void problems.push({ message, path: body, within: within && placeIn(within, body) });
        if (included.get(body) === null) fail(`${body} includes itself`);
        if (included.has(body)) continue;
        if (included.size >= mostFiles) {
          fail(`more than ${mostFiles} files are included`);
          continue;
        }
        if (!files) {
          const table = unread(body, `nobody says what ${body} holds`);
          patterns.push({ ...readPattern(body, negated, 'string', open), table });
          continue;
        }
        const content = files(body);
        if (content === undefined) {
          fail(`${body} is not there or cannot be read`);
          continue;
        }
        const before = patterns.length;
        included.set(body, null);
        add(split(content.replaceAll(/^[ \t]*#.*$/gm, '')), { file: body, content });
        included.set(body, true);
        if (negated)
          for (let at = before; at < patterns.length; at++)
            patterns[at] = { ...patterns[at]!, negated: !patterns[at]!.negated };
        continue;
      }
      patterns.push(readPattern(body, negated, kind, open));
    }
  };
  add(split(text));
  let index: ReturnType<typeof patternIndex> | undefined;

  return {
    patterns: patterns.map((pattern) => `${pattern.negated ? '!' : ''}${pattern.text}`),
    tables: patterns.flatMap(({ table }) => table ?? []),
    problems,
    match(name, address, read) {
      if (problems.length > 0) return { status: 'failed', because: problems[0]!.message };
      if (patterns.length === 0) return no;
      const lower = name?.toLowerCase();
      const canonical = address === undefined ? undefined : canonicalAddress(address);
      const decide = (pattern: Pattern): Match | undefined => {
        const found =
          (name !== undefined && matchName(pattern, name, lower!, kind, parents, read)) ||
          (address !== undefined && matchAddress(pattern, address, canonical!, read));
        if (typeof found === 'object') return { status: 'failed', because: found.failed };
        if (!found) return undefined;
        return pattern.negated ? no : { status: 'match', pattern: pattern.text };
      };
      if (patterns.length < longList) return firstOf(patterns, decide) ?? no;
      const { plain, asked } = (index ??= patternIndex(patterns, kind, parents))(lower, canonical);
      const before = asked.filter((at) => plain === undefined || at < plain).map((at) => patterns[at]!);
      return firstOf(before, decide) ?? (plain === undefined ? no : (decide(patterns[plain]!) ?? no));
    },
  };
}

function placeIn(
  { file, content }: { readonly file: string; readonly content: string },
  path: string,
): { file: string; line: number } {
  return { file, line: content.slice(0, content.indexOf(path)).split('\n').length };
}

function firstOf(
  patterns: readonly Pattern[],
  decide: (pattern: Pattern) => Match | undefined,
): Match | undefined {
  for (const pattern of patterns) {
    const match = decide(pattern);
    if (match) return match;
  }
  return undefined;
}

function readPattern(
  text: string,
  negated: boolean,
  kind: MatchKind,
  open: (name: string) => Table,
): Pattern {
  const isTable = /^[A-Za-z][\w-]*:/.test(text) && !(kind === 'address' && addressBytes(text) !== undefined);
  const canonical = canonicalAddress(text.replace(/^\[(.*)\]$/, '$1'));
  const pattern = { text, lower: text.toLowerCase(), canonical, negated };
  if (isTable && !text.startsWith('[')) return { ...pattern, table: open(text) };
  if (kind !== 'address' || !/[:/]/.test(text)) return pattern;
  return { ...pattern, network: parseNetwork(text) };
}

type Found = boolean | { readonly failed: string };

function matchName(
  { lower: pattern, table }: Pattern,
  name: string,
  lower: string,
  kind: MatchKind,
  parents: boolean,
  read: TableReader,
): Found {
  if (!table) {
    if (lower === pattern) return true;
    if (kind === 'string') return false;
    if (parents) return lower.length > pattern.length && lower.endsWith(`.${pattern}`);
    return pattern.startsWith('.') && lower.length > pattern.length && lower.endsWith(pattern);
  }
  if (kind === 'string') return isThere(read(table, name));
  for (let key = name; ;) {
    if (key === name || table.fixed) {
      const value = isThere(read(table, key));
      if (value !== false) return value;
    }
    const dot = key.indexOf('.', 1);
    if (dot < 0) return false;
    key = key.slice(parents ? dot + 1 : dot);
  }
}

function matchAddress(
  { canonical, table, network }: Pattern,
  address: string,
  itsCanonical: string,
  read: TableReader,
): Found {
  if (table) return isThere(read(table, address));
  if (canonical === itsCanonical) return true;
  if (network === undefined) return false;
  if (typeof network === 'string') return { failed: network };
  const bytes = addressBytes(address);
  return bytes !== undefined && networkContains(network, bytes);
}

function isThere(value: string | undefined | { readonly failed: string }): Found {
  return typeof value === 'object' ? value : value !== undefined;
}
