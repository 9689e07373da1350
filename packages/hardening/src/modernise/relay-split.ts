import { stopsRelaying } from '../knowledge/relay-control.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Edit } from '../rule.ts';
import { layOutList } from '../subject/list-text.ts';
import type { Scope, Subject } from '../subject/subject.ts';

/**
 * Relay control in the list that 2.10 made for it: what the recipient list asks up to where it stops relaying. As that
 * list goes on to begin with the same entries, both say the same of all mail.
 *
 *     main.cf     smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, …
 *             →   smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
 *     master.cf   -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
 *             →   -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
 */
export function relaySplit(old: Subject): Measure {
  return defineMeasure({
    id: 'relay-split',
    title: 'Relay control has a list of its own',
    why: 'Since 2.10 relaying is decided in smtpd_relay_restrictions. It gets what smtpd_recipient_restrictions asks up to the end of relay control, so that all mail gets the answer it got.',
    source: 'RELEASE_NOTES 2.10; postconf(5) smtpd_relay_restrictions',
    versions: '>=2.10',
    plan(subject) {
      if (old.knows('smtpd_relay_restrictions') || subject.main.sets('smtpd_relay_restrictions')) return {};
      const forAll = relayControl(old.main);
      const edits: Edit[] = [subject.main.setting('smtpd_relay_restrictions').set(layOutList(forAll, ''))];
      for (const server of old.servers) {
        const recipient = server.list('smtpd_recipient_restrictions').setting;
        if (recipient.origin !== 'service' || server.sets('smtpd_relay_restrictions')) continue;
        const own = relayControl(server);
        // An entry and its argument may have a comma between them; a blank would end the option.
        if (own.join() !== forAll.join())
          edits.push(recipient.setBeside('smtpd_relay_restrictions', own.join(',').replaceAll(/\s+/g, ',')));
      }
      return { edits };
    },
  });
}

/** The entries of the recipient list until it stops relaying; none when it never does. */
function relayControl(scope: Scope): string[] {
  const list = scope.list('smtpd_recipient_restrictions');
  const end = list.items.findIndex((item) => stopsRelaying({ ...list, items: [item] }, scope));
  return list.items.slice(0, end + 1).map((item) => item.text);
}
