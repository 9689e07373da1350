import { defineRule, type Edit, type Report, type Rule } from '../rule.ts';
import type { Setting } from '../subject/setting.ts';
import type { Subject } from '../subject/subject.ts';

const berkeley = /(?<![\w/-])(hash|btree):(?=[/$\w])/g;

export const berkeleyDbTable: Rule = defineRule({
  id: 'berkeley-db-table',
  level: 'error',
  versions: 'all',
  source: 'NON_BERKELEYDB_README; RELEASE_NOTES 3.11',
  title: 'A table needs Berkeley DB',
  why: 'Distributions drop Berkeley DB (RHEL 10 has); Postfix then cannot open hash: and btree: tables and answers 451. The lmdb: table has to be built before it is named.',
  byHand: {
    because:
      'Until "postconf -m" was read on the host nobody knows whether its Postfix still has Berkeley DB, and naming an lmdb: table that was never built refuses mail.',
    steps:
      'Look at `postconf -m` there. Without hash in it, build each table (`postmap lmdb:/etc/postfix/NAME`, `newaliases` for aliases), then name it in main.cf; `postern modernise` plans both in the right order.',
  },
  *check(subject: Subject): Iterable<Report> {
    const gone = subject.berkeleyDb === false;
    if (!gone && (subject.berkeleyDb || !subject.satisfies('>=3.11'))) return;
    for (const setting of subject.writtenSettings()) {
      const value = setting.raw.replaceAll(berkeley, 'lmdb:');
      if (value === setting.raw) continue;
      const types = [...new Set([...setting.raw.matchAll(berkeley)].map(([type]) => type))].join(' and ');
      yield {
        at: setting.at,
        level: gone ? 'error' : 'note',
        message: gone
          ? `${setting.name} uses ${types}, which this Postfix cannot open`
          : `${setting.name} uses ${types}; where "postconf -m" no longer names them, the table cannot be opened`,
        // While the old tables work, a name without a built table behind it would be worse.
        fix: gone ? [...buildTables(setting), setting.set(value)] : undefined,
      };
    }
    for (const name of ['default_database_type', 'default_cache_db_type']) {
      const setting = subject.main.setting(name);
      if (!gone || setting.origin === 'default' || !/^(hash|btree)$/.test(setting.value)) continue;
      yield { at: setting.at, message: `${name} is ${setting.value}`, fix: [setting.set('lmdb')] };
    }
  },
});

/** What makes the new tables from their sources. Caches fill by themselves. */
function buildTables({ name, value }: Setting): Edit[] {
  if (/_cache_(database|map)$/.test(name)) return [];
  if (/^alias_(database|maps)$/.test(name)) return [{ type: 'postfix-action', action: 'newaliases' }];
  return value
    .split(/[\s,]+/)
    .filter((word) => /^(hash|btree):/.test(word))
    .map((word) => ({ type: 'postfix-action', action: 'postmap', table: word.replace(/^\w+/, 'lmdb') }));
}
