import { computedList } from '../knowledge/computed-list.ts';
import { relayLists, relayRestrictions, stopsRelaying } from '../knowledge/relay-control.ts';
import { defineRule, type Report, type Rule } from '../rule.ts';
import type { Subject } from '../subject/subject.ts';

export const relayControlMissing: Rule = defineRule({
  id: 'relay-control-missing',
  level: 'error',
  versions: 'all',
  source: 'postconf(5) smtpd_relay_restrictions, smtpd_recipient_restrictions',
  title: 'Nothing stops mail to foreign domains',
  why: 'Without reject_unauth_destination or its like smtpd relays for everybody, or refuses to start.',
  byHand: computedList,
  codes: ['no-relay-control'],
  *check(subject: Subject): Iterable<Report> {
    const seen = new Set<string>();
    for (const server of subject.servers) {
      const lists = relayLists(subject, server);
      if (lists.some((list) => stopsRelaying(list, server))) continue;
      const key = lists.map((list) => list.setting.key).join(' ');
      if (seen.has(key)) continue;
      seen.add(key);
      const [first] = lists as [(typeof lists)[0]];
      const [last] = lists.toReversed() as [(typeof lists)[0]];
      const relay = server.setting('smtpd_relay_restrictions');
      yield {
        at: last.setting.at ?? first.setting.at ?? server.at,
        message: `neither ${lists.map((list) => list.name).join(' nor ')} refuses mail to foreign domains`,
        fix:
          first.name === 'smtpd_relay_restrictions' && first.items.length === 0
            ? [relay.set(relayRestrictions)]
            : first.edit((draft) => {
                const end = first.items.find((item) => item.name === 'permit' && !item.warnOnly);
                if (end) draft.insertBefore(end, 'reject_unauth_destination');
                else draft.append('reject_unauth_destination');
              }),
      };
    }
  },
});
