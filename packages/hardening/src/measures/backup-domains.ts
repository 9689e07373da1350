import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Edit } from '../rule.ts';
import { layOutList, splitList } from '../subject/list-text.ts';
import { appendBeforeEnd, listsOnPort25, missingPermits } from './own-list.ts';

export const backupDomains: Measure = defineMeasure({
  id: 'backup-domains',
  title: 'Mail is kept for named domains, and for recipients that exist',
  why: 'Spammers prefer backup hosts because these often take everything; what the primary host then refuses goes back to forged senders.',
  source: 'STANDARD_CONFIGURATION_README, "backup MX host"; ADDRESS_VERIFICATION_README',
  versions: '>=2.6',
  plan(subject, { relayDomains, relayRecipients }) {
    const { main } = subject;
    const edits: Edit[] = [];
    const domains = main.setting('relay_domains');
    if (
      relayDomains &&
      splitList(domains.raw)
        .map(({ text }) => text)
        .join() !== relayDomains.join()
    )
      edits.push(domains.set(layOutList(relayDomains, domains.written)));
    const names = relayDomains ?? splitList(domains.value).map(({ text }) => text);
    if (names.length === 0)
      return {
        notes: [{ message: 'relay_domains is empty: this host is a backup for nobody. Input: relayDomains' }],
      };
    // A domain that is delivered here is not passed on.
    const own = main.setting('mydestination');
    const words = splitList(own.raw).map(({ text }) => text);
    const kept = words.filter((word) => !names.includes(word));
    if (own.origin !== 'default' && kept.length < words.length)
      edits.push(own.set(layOutList(kept, own.written)));
    const recipients = main.setting('relay_recipient_maps');
    if (relayRecipients !== undefined) {
      if (recipients.value !== relayRecipients) edits.push(recipients.set(relayRecipients));
      return { edits };
    }
    if (recipients.value !== '') return { edits };
    for (const own25 of listsOnPort25(subject, 'smtpd_recipient_restrictions')) {
      if (own25.list.has('reject_unverified_recipient')) continue;
      const permits = subject.knows('smtpd_relay_restrictions') ? missingPermits(own25) : [];
      edits.push(
        ...(own25.list.edit((draft) =>
          appendBeforeEnd(own25.list, draft, [...permits, 'reject_unverified_recipient']),
        ) ?? []),
      );
    }
    // While the primary host is down nobody can be asked, and that is when a backup has to take mail.
    const down = main.setting('unverified_recipient_defer_code');
    if (down.value !== '250') edits.push(down.set('250'));
    const code = main.setting('unverified_recipient_reject_code');
    if (code.value !== '550') edits.push(code.set('550'));
    return { edits };
  },
});
