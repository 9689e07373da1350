import { defineRule, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';

export const heloOptional: Rule = defineRule({
  id: 'helo-optional',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) smtpd_helo_required',
  title: 'Checks of the HELO name can be skipped by not sending one',
  why: 'A client that says no HELO passes every restriction on it.',
  *check(subject) {
    const checksHelo = subject.lists.some(
      (list) =>
        list.items.some(({ name }) => /helo|reject_(invalid|non_fqdn|unknown)_hostname/.test(name)) ||
        (list.name === 'smtpd_helo_restrictions' && list.items.some(({ name }) => name.startsWith('reject'))),
    );
    if (!checksHelo) return;
    for (const setting of subject.settings('smtpd_helo_required', servesOthers)) {
      if (setting.value.toLowerCase() !== 'no') continue;
      yield {
        at: setting.at,
        message: 'smtpd_helo_required is no although HELO restrictions are set',
        fix: [setting.set('yes')],
      };
    }
  },
});
