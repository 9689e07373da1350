import { relayLists } from '../knowledge/relay-control.ts';
import { askAsStranger } from '../knowledge/stranger.ts';
import { defineRule, type Report, type Rule } from '../rule.ts';
import type { RestrictionList } from '../subject/restrictions.ts';
import { servesOthers } from '../subject/server-role.ts';
import type { Subject } from '../subject/subject.ts';

const ownClients =
  /^(permit_mynetworks|permit_sasl_authenticated|permit_inet_interfaces|permit_tls_clientcerts)$/;

export const strangersRefused: Rule = defineRule({
  id: 'strangers-refused',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) smtpd_client_restrictions; RFC 5321 section 4.1',
  title: 'Port 25 refuses everybody who is not an own client',
  why: 'A checklist asks for smtpd_client_restrictions = permit_mynetworks, reject; on a host that is named in an MX record it refuses all mail from outside. A host for own clients says so in its relay list: permit_mynetworks, reject.',
  byHand: {
    because:
      'The refusal is not a bare reject behind own clients; it comes out of a table, a class or a longer list, and may be meant for a host that serves own clients only.',
    steps:
      'If the host takes mail from the internet, find the entry that the message names and let strangers pass it. If it serves own clients only, say so in smtpd_relay_restrictions (permit_mynetworks, reject) and allow this finding.',
  },
  *check(subject: Subject): Iterable<Report> {
    for (const server of subject.servers.filter((each) => servesOthers(each))) {
      if (relayLists(subject, server).some((list) => endForStrangers(list) !== undefined)) continue;
      const verdict = askAsStranger(subject, server, 'somebody@elsewhere.example');
      // Lists about client, HELO and sender come first, whoever the recipient is.
      const { list: name = '', restriction = '' } = verdict?.decidedBy ?? {};
      if (!/^smtpd_(client|helo|sender)_restrictions$/.test(name) || !/^(reject|defer)$/.test(restriction))
        continue;
      const list = server.list(name);
      const item = list.items.find((each) => each.name === restriction && !each.warnOnly);
      yield {
        at: item?.at ?? list.setting.at,
        // A host for own clients only may want it.
        confidence: 'likely',
        message: `${name} ends in ${restriction} for everybody but own clients`,
        fix: item && endForStrangers(list) === item ? list.edit((draft) => draft.remove(item)) : undefined,
      };
    }
  },
});

/** The bare refusal of a list that lets through own clients and nobody else. */
function endForStrangers(list: RestrictionList): RestrictionList['items'][number] | undefined {
  const end = list.items.findIndex((item) => /^(reject|defer)$/.test(item.name) && !item.warnOnly);
  return end >= 0 && list.items.slice(0, end).every(({ name }) => ownClients.test(name))
    ? list.items[end]
    : undefined;
}
