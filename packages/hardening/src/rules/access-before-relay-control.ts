import { relayStops } from '@postern/simulator';
import { computedList } from '../knowledge/computed-list.ts';
import { relayPermits, relayRestrictions, stopsRelaying, withClasses } from '../knowledge/relay-control.ts';
import { defineRule, type Report, type Rule } from '../rule.ts';
import type { Restriction } from '../subject/restrictions.ts';
import type { SmtpServer, Subject } from '../subject/subject.ts';

export const accessBeforeRelayControl: Rule = defineRule({
  id: 'access-before-relay-control',
  level: 'error',
  versions: 'all',
  source: 'SMTPD_ACCESS_README, "Dangerous use of smtpd_recipient_restrictions"',
  title: 'A table or service can let anybody relay',
  why: 'An OK from a lookup table or a policy service ends the list: what stands behind it, relay control too, is never asked.',
  byHand: computedList,
  *check(subject: Subject): Iterable<Report> {
    const seen = new Set<string>();
    for (const server of subject.servers) {
      const guarded =
        subject.knows('smtpd_relay_restrictions') &&
        stopsRelaying(server.list('smtpd_relay_restrictions'), server);
      const list = server.list('smtpd_recipient_restrictions');
      if (guarded || seen.has(list.setting.key)) continue;
      seen.add(list.setting.key);
      const stop = list.items.findIndex((item) => !item.warnOnly && relayStops.includes(item.name));
      const before = list.items.slice(0, Math.max(stop, 0));
      const danger = before.filter((item) => canSayOk(item, server));
      for (const item of danger) {
        yield {
          at: item.at,
          message: `an OK from ${item.text} lets the mail through before ${list.items[stop]!.name} is asked`,
          fix: subject.knows('smtpd_relay_restrictions')
            ? [server.setting('smtpd_relay_restrictions').set(relayRestrictions)]
            : list.edit((draft) => {
                const permits = list.items.slice(0, stop).filter((each) => relayPermits.includes(each.name));
                for (const each of permits) draft.remove(each);
                draft.insertBefore(
                  danger[0]!,
                  ...permits.map((each) => each.text),
                  'reject_unauth_destination',
                );
                draft.remove(list.items[stop]!);
              }),
        };
      }
    }
  },
});

/** Whether an entry may permit by what an outside source says; a class may when one of its entries may. */
function canSayOk(item: Restriction, server: SmtpServer): boolean {
  return withClasses([item], server).some(
    ({ name }) =>
      name !== 'check_relay_domains' &&
      (/^(check_\w+|permit_(dnswl|rhswl)_client)$/.test(name) || name.includes(':')),
  );
}
