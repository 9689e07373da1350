import { bareNewlineValue } from '../knowledge/smuggling.ts';
import { defineRule, type Rule } from '../rule.ts';

export const bareNewlineAccepted: Rule = defineRule({
  id: 'bare-newline-accepted',
  level: 'error',
  versions: '>=3.5',
  source: 'postconf(5) smtpd_forbid_bare_newline; SMTP smuggling (CVE-2023-51764)',
  title: 'Mail can be smuggled in behind a false end of data',
  why: 'A line end without CR can end a message for us and not for the server before us: what follows is taken for a second message with a forged sender that passes SPF.',
  *check(subject) {
    const value = bareNewlineValue(subject);
    if (value === undefined) return;
    for (const setting of subject.settings(
      'smtpd_forbid_bare_newline',
      ({ role, loopback }) => role !== 'other' && !loopback,
    )) {
      if (setting.value.toLowerCase() !== 'no') continue;
      yield {
        at: setting.at,
        message:
          setting.origin === 'default'
            ? 'smtpd_forbid_bare_newline is not set, and "no" is its default in this release'
            : 'smtpd_forbid_bare_newline is off',
        fix: [setting.set(value)],
      };
    }
  },
});
