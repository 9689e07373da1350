import { parseMain, parseMaster, serviceOf, valueOf } from '@postern/config';
import type { Files } from '@postern/plan';

/**
 * What a configuration names and Postfix does not check for until mail comes: programs of services, compiled tables,
 * certificates and keys. As the program on the host takes them: `program:NAME`, `table:PATH`, `file:PATH`.
 */
export function newNeeds(before: Files, after: Files, directory: string): string[] {
  const old = needsOf(before, directory);
  return [...needsOf(after, directory)].filter((need) => !old.has(need));
}

function needsOf(files: Files, directory: string): Set<string> {
  const services = parseMaster(files['master.cf'] ?? '').entries.flatMap((entry) =>
    entry.type === 'service' ? serviceOf(entry) : [],
  );
  const settings = parseMain(files['main.cf'] ?? '').entries.flatMap((entry) =>
    entry.type === 'parameter' ? { name: entry.name, value: valueOf(entry) } : [],
  );
  const all = [...settings, ...services.flatMap(({ options }) => options)];
  return new Set([
    ...services.map(({ command }) => `program:${command}`),
    ...all.flatMap(({ value }) => tablesIn(value, directory)),
    ...all.filter(({ name }) => keyFile.test(name)).flatMap(({ value }) => pathsIn(value, directory)),
  ]);
}

const keyFile = /_tls_(?:(?:ec|d)?(?:cert|key)_file|chain_files|CAfile|dh1024_param_file)$/;

/** How what is compiled of a table is called; text is looked up in the file itself. */
const suffixes: Readonly<Record<string, string>> = {
  hash: '.db',
  btree: '.db',
  lmdb: '.lmdb',
  cdb: '.cdb',
  dbm: '.dir',
  sdbm: '.dir',
  texthash: '',
  pcre: '',
  regexp: '',
  cidr: '',
};

/** What a table, `type:path`, is looked up in once it is compiled; undefined for a type that is not. */
export function productOf(table: string): string | undefined {
  const at = table.indexOf(':');
  const suffix = suffixes[table.slice(0, at)];
  return suffix ? `${table.slice(at + 1)}${suffix}` : undefined;
}

function tablesIn(value: string, directory: string): string[] {
  const found = located(value, directory).matchAll(/\b([a-z]+):(\/[^\s,{}$]+)(?=[\s,}]|$)/g);
  return [...found].flatMap(([, type = '', path = '']) => {
    const suffix = suffixes[type];
    return suffix === undefined ? [] : [`table:${path}${suffix}`];
  });
}

function pathsIn(value: string, directory: string): string[] {
  return located(value, directory)
    .split(/[\s,]+/)
    .filter((path) => /^\/[^$]*$/.test(path))
    .map((path) => `file:${path}`);
}

function located(value: string, directory: string): string {
  return value.replaceAll(
    /\$\{config_directory\}|\$\(config_directory\)|\$config_directory\b/g,
    () => directory,
  );
}
