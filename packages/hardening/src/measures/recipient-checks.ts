import { relayStops } from '@postern/simulator';
import { relayPermits, stopsRelaying } from '../knowledge/relay-control.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Edit } from '../rule.ts';
import { layOutList } from '../subject/list-text.ts';
import type { RestrictionList } from '../subject/restrictions.ts';
import type { Subject } from '../subject/subject.ts';
import { appendBeforeEnd, endOf, listsOnPort25, missingPermits, type OwnList } from './own-list.ts';

export const recipientChecks: Measure = defineMeasure({
  id: 'recipient-checks',
  title: 'Unknown recipients are refused first, relay attempts next, the rest is checked',
  why: 'An unknown user is refused before any lookup is spent on the mail, and never with a bounce to a forged sender.',
  source: 'postconf(5) smtpd_recipient_restrictions, reject_unlisted_recipient; BACKSCATTER_README',
  versions: '>=2.3',
  plan: (subject) => ({
    edits: listsOnPort25(subject, 'smtpd_recipient_restrictions').flatMap(
      (own) => recipientEdits(subject, own) ?? [],
    ),
  }),
});

function recipientEdits(subject: Subject, own: OwnList): Edit[] | undefined {
  const { list, server } = own;
  const hasRelayList = subject.knows('smtpd_relay_restrictions');
  // Who may relay by an entry of smtpd_relay_restrictions must not be stopped here.
  const repeatStop = !hasRelayList || isPlain(server.list('smtpd_relay_restrictions'));
  const stop = repeatStop ? ['reject_unauth_destination'] : [];
  if (list.items.length === 0 || (list.setting.origin === 'default' && !hasRelayList)) {
    const entries = ['reject_unlisted_recipient', ...relayPermits, ...stop, 'reject_non_fqdn_recipient'];
    return list.setting.setList(layOutList(entries, list.setting.written));
  }
  if (endOf(list)?.name === 'reject') return [];
  const first = list.has('reject_unlisted_recipient') ? [] : ['reject_unlisted_recipient'];
  // Before 2.10 this is also the relay list: a permit that is not there was left out on purpose.
  const permits = hasRelayList ? missingPermits(own) : [];
  const late = list.has('reject_non_fqdn_recipient')
    ? []
    : [...permits, ...(stopsRelaying(list, server) ? [] : stop), 'reject_non_fqdn_recipient'];
  if (first.length + late.length === 0) return [];
  return list.edit((draft) => {
    draft.prepend(...first);
    appendBeforeEnd(list, draft, late);
  });
}

/** Whether a relay list lets nobody relay but own networks and users. */
function isPlain(list: RestrictionList): boolean {
  const end = list.items.findIndex((item) => !item.warnOnly && relayStops.includes(item.name));
  return end >= 0 && list.items.slice(0, end).every((item) => relayPermits.includes(item.name));
}
