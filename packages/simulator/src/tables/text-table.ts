import { logicalLines } from './logical-lines.ts';
import { absent, type Lookup, type Table, type TableContent, type TableProblem } from './table.ts';

/**
 * A table of keys and values in the form that postmap(1) takes: what hash, lmdb, btree, cdb, dbm and texthash
 * are made from. Keys are folded to lower case. Of entries with the same key the first holds, as postmap(1) has it;
 * a texthash table fails as a whole.
 *
 *     # comment
 *     example.com          REJECT
 *     "white space"@x.org  OK
 */
export function textTable(
  name: string,
  file: string,
  text: string,
  duplicates: 'first holds' | 'fail' = 'first holds',
): Table {
  const entries = new Map<string, { readonly value: string; readonly line: number }>();
  const problems: TableProblem[] = [];
  let failure: TableProblem | undefined;
  for (const { text: entry, line } of logicalLines(text)) {
    const [rawKey, value] = splitEntry(entry);
    if (value === '') {
      problems.push({
        file,
        line,
        message: `expected "key value"; there is no value after ${JSON.stringify(rawKey)}`,
      });
      continue;
    }
    if (rawKey.endsWith(':')) {
      // What postmap warns of: the form of an alias file.
      problems.push({
        file,
        line,
        message: `the key ends with ":"; is this an alias file? aliases(5) need postalias`,
      });
    }
    const key = rawKey.toLowerCase();
    if (!entries.has(key)) {
      entries.set(key, { value, line });
    } else if (duplicates === 'fail') {
      failure ??= { file, line, message: `duplicate entry ${JSON.stringify(rawKey)}: the whole table fails` };
      problems.push(failure);
    } else {
      const message = `duplicate entry ${JSON.stringify(rawKey)}: the first one holds`;
      problems.push({ file, line, message });
    }
  }
  if (failure) {
    const because = `${file}:${failure.line}: ${failure.message}`;
    return {
      name,
      fixed: false,
      problems,
      lookup: () => ({ status: 'failed', because }),
      content: () => ({ type: 'failing' }),
    };
  }
  return keyedTable(name, file, entries, problems);
}

/** Key and value; a key in double quotes may hold white space (postmap(1), Postfix 3.2 and later). */
function splitEntry(entry: string): [key: string, value: string] {
  let at = 0;
  let key = '';
  let quoted = false;
  for (; at < entry.length; at++) {
    const char = entry[at]!;
    if (char === '\\' && quoted && at + 1 < entry.length) key += entry[++at]!;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && /[ \t\v\f\r]/.test(char)) break;
    else key += char;
  }
  // A quoted local part keeps its meaning without the quotes only when nothing in it needs them.
  return [key, entry.slice(at).replace(/^[ \t\v\f\r]+/, '')];
}

/**
 * An alias file (aliases(5)): `name: target, …`. Only whether a name is there matters to access decisions.
 */
export function aliasTable(name: string, file: string, text: string): Table {
  const entries = new Map<string, { readonly value: string; readonly line: number }>();
  const problems: TableProblem[] = [];
  for (const { text: entry, line } of logicalLines(text)) {
    const match = /^("(?:[^"\\]|\\.)*"|[^:\s]+)\s*:\s*(.*)$/s.exec(entry);
    if (!match) {
      problems.push({ file, line, message: 'expected "name: target"' });
      continue;
    }
    const key = match[1]!.replaceAll(/^"|"$/g, '').replaceAll(/\\(.)/g, '$1').toLowerCase();
    if (entries.has(key))
      problems.push({ file, line, message: `duplicate alias ${key}: the first one holds` });
    else entries.set(key, { value: match[2]!, line });
  }
  return keyedTable(name, file, entries, problems);
}

function keyedTable(
  name: string,
  file: string,
  entries: ReadonlyMap<string, { readonly value: string; readonly line: number }>,
  problems: readonly TableProblem[],
): Table {
  let content: TableContent | undefined;
  return {
    name,
    fixed: true,
    problems,
    lookup(key): Lookup {
      const entry = entries.get(key.toLowerCase());
      return entry ? { status: 'found', value: entry.value, at: { file, line: entry.line } } : absent;
    },
    content: () =>
      (content ??= { type: 'entries', entries: [...entries].map(([key, { value }]) => ({ key, value })) }),
  };
}
