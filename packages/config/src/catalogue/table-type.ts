import { satisfies, type Version } from './version.ts';

/** The lookup table types of all releases, without those that nothing supports any more. */
export type TableType =
  | 'btree'
  | 'cdb'
  | 'cidr'
  | 'dbm'
  | 'debug'
  | 'environ'
  | 'fail'
  | 'hash'
  | 'inline'
  | 'internal'
  | 'ldap'
  | 'lmdb'
  | 'memcache'
  | 'mongodb'
  | 'mysql'
  | 'netinfo'
  | 'nis'
  | 'nisplus'
  | 'pcre'
  | 'pgsql'
  | 'pipemap'
  | 'proxy'
  | 'randmap'
  | 'regexp'
  | 'sdbm'
  | 'socketmap'
  | 'sqlite'
  | 'static'
  | 'tcp'
  | 'texthash'
  | 'unionmap'
  | 'unix';

/**
 * Where a table's entries come from.
 *
 * - `index`: a file that postmap(1) or postalias(1) makes from text
 * - `file`: a text file that is read as it stands
 * - `inline`: what stands in main.cf itself
 * - `client`: a file that says how to ask a database server or a database file
 * - `service`: a server that is named in main.cf itself
 * - `system`: the machine's own accounts, environment or directory
 * - `wrapper`: other tables
 */
export type TableSource = 'index' | 'file' | 'inline' | 'client' | 'service' | 'system' | 'wrapper';

/** What is known about a lookup table type. @see postconf(1) -m, DATABASE_README */
export interface TableTypeInfo {
  readonly name: TableType;
  readonly source: TableSource;
  /** The first release that has it; `2.0` stands for 2.0 or older. */
  readonly since: string;
  /** Whether Postfix itself can write to it, so that it can be a cache. */
  readonly writable: boolean;
  /** Whether it needs Berkeley DB, which distributions drop since 2025. */
  readonly berkeleyDb: boolean;
  /** Whether every Postfix has it, or only builds with a library or for a system. */
  readonly builtIn: boolean;
  /** The package that brings it, where it is not part of the distribution's main package. */
  readonly package?: { readonly debian?: string; readonly redhat?: string };
}

type Row = readonly [
  TableType,
  TableSource,
  since: string,
  traits?: string,
  debian?: string,
  redhat?: string,
];

/** Traits: w writable, b Berkeley DB, o only in some builds. */
const rows: readonly Row[] = [
  ['btree', 'index', '2.0', 'wbo'],
  ['cdb', 'index', '2.2', 'o', 'postfix-cdb', 'postfix-cdb'],
  ['cidr', 'file', '2.1'],
  ['dbm', 'index', '2.0', 'wo'],
  ['debug', 'wrapper', '3.10'],
  ['environ', 'system', '2.0'],
  ['fail', 'inline', '2.9'],
  ['hash', 'index', '2.0', 'wbo'],
  ['inline', 'inline', '3.0'],
  ['internal', 'inline', '2.0', 'w'],
  ['ldap', 'client', '2.0', 'o', 'postfix-ldap', 'postfix-ldap'],
  ['lmdb', 'index', '2.11', 'wo', 'postfix-lmdb', 'postfix-lmdb'],
  ['memcache', 'client', '2.9', 'w'],
  ['mongodb', 'client', '3.9', 'o', 'postfix-mongodb', 'postfix-mongodb'],
  ['mysql', 'client', '2.0', 'o', 'postfix-mysql', 'postfix-mysql'],
  ['netinfo', 'system', '2.0', 'o'],
  ['nis', 'system', '2.0', 'o'],
  ['nisplus', 'system', '2.0', 'o'],
  ['pcre', 'file', '2.0', 'o', 'postfix-pcre', 'postfix-pcre'],
  ['pgsql', 'client', '2.1', 'o', 'postfix-pgsql', 'postfix-pgsql'],
  ['pipemap', 'wrapper', '3.0'],
  ['proxy', 'wrapper', '2.0', 'w'],
  ['randmap', 'inline', '3.0'],
  ['regexp', 'file', '2.0', 'o'],
  ['sdbm', 'index', '2.2', 'wo'],
  ['socketmap', 'service', '2.10'],
  ['sqlite', 'client', '2.8', 'o', 'postfix-sqlite', 'postfix-sqlite'],
  ['static', 'inline', '2.0'],
  ['tcp', 'service', '2.1'],
  ['texthash', 'file', '2.8'],
  ['unionmap', 'wrapper', '3.0'],
  ['unix', 'system', '2.0'],
];

function toInfo([name, source, since, traits = '', debian, redhat]: Row): TableTypeInfo {
  return {
    name,
    source,
    since,
    writable: traits.includes('w'),
    berkeleyDb: traits.includes('b'),
    builtIn: !traits.includes('o'),
    ...(debian !== undefined && { package: { debian, ...(redhat !== undefined && { redhat }) } }),
  };
}

/** What is known about a table type such as `hash`; undefined for a name that no release has. */
export function tableType(name: string): TableTypeInfo | undefined {
  const row = rows.find((candidate) => candidate[0] === name);
  return row && toInfo(row);
}

/** All table types, or those that a release can have. Which ones a machine has, says `postconf -m` there. */
export function tableTypes(version?: string | Version): TableTypeInfo[] {
  const known = rows.map((row) => toInfo(row));
  return version === undefined ? known : known.filter(({ since }) => satisfies(version, `>=${since}`));
}
