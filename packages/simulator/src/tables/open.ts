import { cidrTable } from './cidr.ts';
import { patternTable } from './pattern-table.ts';
import { absent, type Lookup, type Table, type TableContent, type TableProblem } from './table.ts';
import { aliasTable, textTable } from './text-table.ts';

/** What is known of the world outside the configuration when tables are opened. */
export interface TableSources {
  /** The text of a file by absolute path; undefined when it is not there. Without it, files are not known. */
  readonly files?: ((path: string) => string | undefined) | undefined;
  /** Answers for tables whose content is elsewhere (sql, ldap, tcp, socketmap), by table name. */
  readonly answers?: ((table: string, key: string) => Lookup | undefined) | undefined;
}

/** Types whose file postmap(1) builds from a text file of the same path. */
const indexed = new Set(['hash', 'btree', 'lmdb', 'cdb', 'dbm', 'sdbm', 'texthash']);

/**
 * Tables of pipemap, unionmap and proxy within each other, all of those within one, and what is looked up in them to
 * know all that they hold.
 */
const most = { deep: 20, tables: 1000, lookups: 5_000_000 };

/** How far down a table stands, and how many there are already in the outermost. */
interface Nesting {
  readonly depth: number;
  readonly count: { tables: number };
}

/**
 * Opens a lookup table as it is written in main.cf: `type:name`.
 *
 * @param purpose  `aliases` reads an indexed file as aliases(5) instead of postmap(1)'s form
 */
export function openTable(
  name: string,
  sources: TableSources,
  purpose: 'maps' | 'aliases' = 'maps',
  nesting: Nesting = { depth: 0, count: { tables: 0 } },
): Table {
  const colon = name.indexOf(':');
  const type = colon < 0 ? '' : name.slice(0, colon).toLowerCase();
  const rest = name.slice(colon + 1);
  if (nesting.depth > most.deep) return unread(name, `tables are nested more than ${most.deep} deep`);
  if (++nesting.count.tables > most.tables) return unread(name, `more than ${most.tables} tables are in one`);
  const within = { ...nesting, depth: nesting.depth + 1 };

  if (indexed.has(type)) {
    return fromFile(name, rest, sources, (text) =>
      purpose === 'aliases' && type !== 'texthash'
        ? aliasTable(name, rest, text)
        : textTable(name, rest, text, type === 'texthash' ? 'fail' : 'first holds'),
    );
  }
  switch (type) {
    case 'cidr':
      return fromFile(name, rest, sources, (text, file) => cidrTable(name, file, text));
    case 'regexp':
    case 'pcre':
      return fromFile(name, rest, sources, (text, file) => patternTable(type, name, file, text));
    case 'inline':
      return inlineTable(name, rest);
    case 'static':
      return {
        name,
        fixed: true,
        problems: [],
        lookup: () => ({ status: 'found', value: unbraced(rest) }),
        content: () => ({ type: 'constant', value: unbraced(rest) }),
      };
    case 'fail':
      return failing(name, `${name} always fails`);
    case 'proxy':
    case 'debug':
      return { ...openTable(rest, sources, purpose, within), name };
    case 'unix':
      return unixTable(name, rest, sources);
    case 'unionmap':
    case 'pipemap':
      return composedTable(type, name, rest, sources, purpose, within);
    case '':
      return failing(name, `${JSON.stringify(name)} has no type; write type:name`);
    default:
      return elsewhere(name, type, sources);
  }
}

/** Splits a list of tables as Postfix does: at commas and white space, braces kept together. */
export function splitTables(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let current = '';
  for (const char of text) {
    if (char === '{') depth++;
    else if (char === '}') depth--;
    if (depth <= 0 && /[\s,]/.test(char)) {
      if (current !== '') names.push(current);
      current = '';
    } else {
      current += char;
    }
  }
  return current === '' ? names : [...names, current];
}

/** A file that exists, or for pattern tables `{ { rule } { rule } }` in place (Postfix 3.7 and later). */
function fromFile(
  name: string,
  path: string,
  sources: TableSources,
  build: (text: string, file: string) => Table,
): Table {
  if (path.startsWith('{')) {
    const rules = splitTables(unbraced(path)).map((rule) => unbraced(rule));
    return build(rules.join('\n'), name);
  }
  if (!sources.files) return unread(name, `nobody says what ${path} holds`);
  const text = sources.files(path);
  if (text !== undefined) return build(text, path);
  return { ...failing(name, `${path} is not there or cannot be read`), missing: path };
}

/** `inline:{ key=value, { key = text with white space } }` (Postfix 3.0 and later). */
function inlineTable(name: string, text: string): Table {
  const entries = new Map<string, string>();
  const problems: TableProblem[] = [];
  for (const item of splitTables(unbraced(text))) {
    const match = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/s.exec(unbraced(item));
    if (match) entries.set(match[1]!.toLowerCase(), match[2]!);
    else problems.push({ file: name, line: 0, message: `expected key=value, found ${JSON.stringify(item)}` });
  }
  if (problems.length > 0) return { ...failing(name, problems[0]!.message), problems };
  return {
    name,
    fixed: true,
    problems,
    lookup(key) {
      const value = entries.get(key.toLowerCase());
      return value === undefined ? absent : { status: 'found', value };
    },
    content: () => entriesOf(entries),
  };
}

/** `unix:passwd.byname` and `unix:group.byname`, from the files where they are kept. */
function unixTable(name: string, map: string, sources: TableSources): Table {
  const path = { 'passwd.byname': '/etc/passwd', 'group.byname': '/etc/group' }[map];
  const text = path === undefined ? undefined : sources.files?.(path);
  if (path === undefined || text === undefined) return elsewhere(name, 'unix', sources);
  const entries = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line]));
  return {
    name,
    fixed: true,
    problems: [],
    lookup(key) {
      const value = entries.get(key);
      return value === undefined ? absent : { status: 'found', value };
    },
    content: () => entriesOf(entries),
  };
}

/** unionmap: all values joined by commas; pipemap: the value of each table is the key of the next. */
function composedTable(
  type: 'unionmap' | 'pipemap',
  name: string,
  text: string,
  sources: TableSources,
  purpose: 'maps' | 'aliases',
  within: Nesting,
): Table {
  const tables = splitTables(unbraced(text)).map((each) => openTable(each, sources, purpose, within));
  if (within.count.tables > most.tables) return unread(name, `more than ${most.tables} tables are in one`);
  if (tables.length === 0) return failing(name, `${type} needs at least one table`);
  let content: TableContent | undefined;
  const contentOf = (): TableContent => {
    const contents = (type === 'pipemap' ? tables.slice(0, 1) : tables).map((table) => table.content());
    if (contents.some((each) => each.type !== 'entries')) return { type: 'elsewhere' };
    const keys = contents.flatMap((each) => (each.type === 'entries' ? each.entries : []));
    if (keys.length * within.count.tables > most.lookups) return { type: 'elsewhere' };
    const results = [...new Set(keys.map(({ key }) => key))].map(
      (key) => [key, composed.lookup(key)] as const,
    );
    if (results.some(([, { status }]) => status === 'unknown')) return { type: 'elsewhere' };
    return entriesOf(
      new Map(results.flatMap(([key, found]) => (found.status === 'found' ? [[key, found.value]] : []))),
    );
  };
  const composed: Table = {
    name,
    fixed: tables.some(({ fixed }) => fixed),
    problems: tables.flatMap(({ problems }) => problems),
    content: () => (content ??= contentOf()),
    lookup(key): Lookup {
      if (type === 'pipemap') {
        let result: Lookup = { status: 'found', value: key };
        for (const table of tables) {
          if (result.status !== 'found') return result;
          result = table.lookup(result.value);
        }
        return result;
      }
      const results = tables.map((table) => table.lookup(key));
      const trouble = results.find(({ status }) => status === 'failed' || status === 'unknown');
      if (trouble) return trouble;
      const found = results.filter((result) => result.status === 'found');
      return found.length === 0
        ? absent
        : { status: 'found', value: found.map(({ value }) => value).join(',') };
    },
  };
  return composed;
}

function entriesOf(entries: ReadonlyMap<string, string>): TableContent {
  return { type: 'entries', entries: [...entries].map(([key, value]) => ({ key, value })) };
}

/** A table whose content is not in a file: known only if somebody answers for it. */
function elsewhere(name: string, type: string, { answers }: TableSources): Table {
  return {
    name,
    fixed: true,
    problems: [],
    lookup: (key) =>
      answers?.(name, key) ?? { status: 'unknown', table: name, because: `${type} tables are not in a file` },
    content: () => ({ type: 'elsewhere' }),
  };
}

/** A table of which not everything is read, or nothing. */
export function unread(name: string, because: string): Table {
  return {
    name,
    fixed: true,
    problems: [],
    lookup: () => ({ status: 'unknown', table: name, because }),
    content: () => ({ type: 'elsewhere' }),
  };
}

function failing(name: string, because: string): Table {
  return {
    name,
    fixed: false,
    problems: [],
    lookup: () => ({ status: 'failed', because }),
    content: () => ({ type: 'failing' }),
  };
}

/** The text between one pair of outer braces, without white space at its ends; other text as it is. */
function unbraced(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1).trim() : trimmed;
}
