import { defineRule, type Rule } from '../rule.ts';

export const serverSessionCache: Rule = defineRule({
  id: 'server-session-cache',
  level: 'note',
  versions: '>=2.11',
  source: 'postconf(5) smtpd_tls_session_cache_database',
  title: 'TLS sessions are kept in a database that nobody needs',
  why: 'Since 2.11 the client keeps its session in a ticket; the database costs locks and disk, and needs Berkeley DB as a rule.',
  *check(subject) {
    for (const setting of subject.settings('smtpd_tls_session_cache_database')) {
      if (setting.origin === 'default' || !setting.value.startsWith('btree:')) continue;
      yield {
        at: setting.at,
        message: `${setting.name} = ${setting.raw} is not needed`,
        fix: [setting.unset()],
      };
    }
  },
});
