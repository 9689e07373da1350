import { rule, type Rule } from '../rule.ts';

export const unlistedRecipientAccepted: Rule = rule({
  id: 'unlisted-recipient-accepted',
  level: 'warning',
  versions: '>=2.1',
  source: 'postconf(5) smtpd_reject_unlisted_recipient; LOCAL_RECIPIENT_README; BACKSCATTER_README',
  title: 'Mail for unknown users is taken and bounced later',
  why: 'The bounces go to forged senders: backscatter, which fills the queue and gets the host listed.',
  *check(subject) {
    for (const setting of subject.settings('smtpd_reject_unlisted_recipient', ({ role }) => role === 'mx')) {
      const server = subject.servers.find((each) => each.setting(setting.name).key === setting.key)!;
      if (setting.value.toLowerCase() !== 'no') continue;
      if (server.list('smtpd_recipient_restrictions').has('reject_unlisted_recipient')) continue;
      yield {
        at: setting.at,
        message: 'smtpd_reject_unlisted_recipient is no, and no list has reject_unlisted_recipient',
        fix: [setting.set('yes')],
      };
    }
  },
});
