import { rule, type Rule } from '../rule.ts';

const berkeley = /(?<![\w/-])(hash|btree):(?=[/$\w])/g;

export const berkeleyDbTable: Rule = rule({
  id: 'berkeley-db-table',
  level: 'warning',
  versions: 'all',
  source: 'NON_BERKELEYDB_README; RELEASE_NOTES 3.11',
  title: 'A table needs Berkeley DB',
  why: 'Distributions drop Berkeley DB (RHEL 10 has); Postfix then cannot open hash: and btree: tables and answers 451.',
  *check(subject) {
    if (subject.berkeleyDb ?? !subject.satisfies('>=3.11')) return;
    for (const setting of subject.writtenSettings()) {
      const value = setting.raw.replaceAll(berkeley, 'lmdb:');
      if (value === setting.raw) continue;
      yield {
        at: setting.at,
        level: subject.berkeleyDb === false ? 'error' : 'warning',
        message: `${setting.name} uses ${[...new Set([...setting.raw.matchAll(berkeley)].map((match) => match[0]))].join(' and ')}`,
        fix: [setting.set(value)],
      };
    }
    for (const name of ['default_database_type', 'default_cache_db_type']) {
      const setting = subject.main.setting(name);
      if (!subject.knows(name) || !/^(hash|btree)$/.test(setting.value) || setting.origin === 'default')
        continue;
      yield { at: setting.at, message: `${name} is ${setting.value}`, fix: [setting.set('lmdb')] };
    }
  },
});
