import { stopsRelaying } from '../knowledge/relay-control.ts';
import { listsOf } from '../measures/own-list.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import { layOutList } from '../subject/list-text.ts';
import type { Restriction } from '../subject/restrictions.ts';
import type { SmtpServer, Subject } from '../subject/subject.ts';

/**
 * Relay control in the list that 2.10 made for it: what the recipient list asks up to where it stops relaying. As that
 * list goes on to begin with the same entries, both say the same of all mail.
 */
export function relaySplit(old: Subject): Measure {
  return defineMeasure({
    id: 'relay-split',
    title: 'Relay control has a list of its own',
    why: 'Since 2.10 relaying is decided in smtpd_relay_restrictions. It gets what smtpd_recipient_restrictions asks up to the end of relay control, so that all mail gets the answer it got.',
    source: 'RELEASE_NOTES 2.10; postconf(5) smtpd_relay_restrictions',
    versions: '>=2.10',
    plan(subject) {
      if (old.knows('smtpd_relay_restrictions')) return {};
      // What is written for all is what port 25 needs, where there is one.
      const servers = subject.servers.toSorted((a, b) => Number(b.role === 'mx') - Number(a.role === 'mx'));
      return {
        edits: listsOf(servers, 'smtpd_relay_restrictions').flatMap(({ list, server }) => {
          if (list.setting.origin !== 'default') return [];
          const before =
            old.servers.find((each) => each.service?.name === server.service?.name) ?? old.servers[0]!;
          return [list.setting.set(layOutList(relayControl(before), ''))];
        }),
      };
    },
  });
}

/** The entries of the recipient list until it stops relaying; none when it never does. */
function relayControl(server: SmtpServer): string[] {
  const list = server.list('smtpd_recipient_restrictions');
  const end = list.items.findIndex((item) => stopsRelaying({ ...list, items: [item] }, server));
  return list.items.slice(0, end + 1).map((item: Restriction) => item.text);
}
