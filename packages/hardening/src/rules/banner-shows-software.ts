import { defineRule, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';

export const bannerShowsSoftware: Rule = defineRule({
  id: 'banner-shows-software',
  level: 'note',
  versions: 'all',
  source: 'postconf(5) smtpd_banner',
  title: 'The greeting names the software',
  why: 'A version in the greeting tells which holes to try; RFC 5321 asks for the host name and nothing else.',
  *check(subject) {
    for (const setting of subject.settings('smtpd_banner', servesOthers)) {
      const version = /\$[({]?mail_version/.test(setting.raw);
      const name = /\$[({]?mail_name|postfix|debian|ubuntu/i.test(setting.raw);
      if (!version && !name) continue;
      yield {
        at: setting.at,
        level: version ? 'warning' : 'note',
        message: `the greeting shows ${version ? 'the version of Postfix' : 'which software runs here'}`,
        fix: [setting.set('$myhostname ESMTP')],
      };
    }
  },
});
