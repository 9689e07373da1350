import { defineRule, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';

export const unauthPipeliningAccepted: Rule = defineRule({
  id: 'unauth-pipelining-accepted',
  level: 'warning',
  versions: '>=3.5',
  source: 'postconf(5) smtpd_forbid_unauth_pipelining',
  title: 'Clients may talk before they are answered',
  why: 'Only bots and smuggling attacks send commands ahead of the reply where that was not offered.',
  *check(subject) {
    if (!subject.knows('smtpd_forbid_unauth_pipelining')) return;
    for (const setting of subject.settings('smtpd_forbid_unauth_pipelining', servesOthers)) {
      if (setting.value.toLowerCase() !== 'no') continue;
      yield {
        at: setting.at,
        message:
          setting.origin === 'default'
            ? 'smtpd_forbid_unauth_pipelining is not set, and "no" is its default in this release'
            : 'smtpd_forbid_unauth_pipelining is off',
        fix: [setting.set('yes')],
      };
    }
  },
});
