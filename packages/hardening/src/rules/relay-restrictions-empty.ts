import { relayRestrictions, stopsRelaying } from '../knowledge/relay-control.ts';
import { defineRule, type Rule } from '../rule.ts';

export const relayRestrictionsEmpty: Rule = defineRule({
  id: 'relay-restrictions-empty',
  level: 'warning',
  versions: '>=2.10',
  source: 'postconf(5) smtpd_relay_restrictions; COMPATIBILITY_README',
  title: 'The list that is there for relay control is empty',
  why: 'One slip in smtpd_recipient_restrictions then makes an open relay; a filled smtpd_relay_restrictions stands by itself.',
  *check(subject) {
    for (const setting of subject.settings('smtpd_relay_restrictions')) {
      if (setting.origin === 'default' || setting.value.trim() !== '') continue;
      const server = subject.servers.find((each) => each.setting(setting.name).key === setting.key)!;
      // Where the other list does not help either, relay-control-missing says so.
      if (!stopsRelaying(server.list('smtpd_recipient_restrictions'), server)) continue;
      yield {
        at: setting.at,
        message: 'smtpd_relay_restrictions is set to nothing',
        fix: [setting.set(relayRestrictions)],
      };
    }
  },
});
