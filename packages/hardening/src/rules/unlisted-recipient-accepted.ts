import { askAsStranger } from '../knowledge/stranger.ts';
import { defineRule, type Report, type Rule } from '../rule.ts';
import { servesOthers } from '../subject/server-role.ts';
import { splitList } from '../subject/list-text.ts';
import type { SmtpServer, Subject } from '../subject/subject.ts';

/** The address classes for which Postfix can know the recipients, and where they are listed. */
const classes = [
  { domains: 'mydestination', recipients: 'local_recipient_maps' },
  { domains: 'virtual_alias_domains', recipients: 'virtual_alias_maps' },
  { domains: 'virtual_mailbox_domains', recipients: 'virtual_mailbox_maps' },
  { domains: 'relay_domains', recipients: 'relay_recipient_maps' },
] as const;

/** A name that nobody has. */
const nobody = 'no-such-user-6f1d9';

export const unlistedRecipientAccepted: Rule = defineRule({
  id: 'unlisted-recipient-accepted',
  level: 'warning',
  versions: '>=2.1',
  source: 'postconf(5) smtpd_reject_unlisted_recipient; LOCAL_RECIPIENT_README; BACKSCATTER_README',
  title: 'Mail for unknown users is taken and bounced later',
  why: 'The bounces go to forged senders: backscatter, which fills the queue and gets the host listed. Found by simulating a message from outside to a name that nobody has.',
  byHand: {
    because: 'Who exists behind this host is known to the host behind it and not to its files.',
    steps:
      'Put the addresses that exist into the table that the message names, have it made from the directory of the host behind, or ask that host with reject_unverified_recipient. If it refuses unknown recipients while the connection is open and nothing is bounced, allow this finding.',
  },
  *check(subject: Subject): Iterable<Report> {
    const seen = new Set<string>();
    for (const server of subject.servers) {
      if (!servesOthers(server)) continue;
      for (const { domains, recipients } of classes) {
        const domain = firstDomain(server.setting(domains).value);
        if (domain === undefined) continue;
        const verdict = askAsStranger(subject, server, `${nobody}@${domain}`);
        if (verdict?.outcome !== 'accept') continue;
        const check = server.setting('smtpd_reject_unlisted_recipient');
        const maps = server.setting(recipients);
        const off = check.value.toLowerCase() === 'no';
        const culprit = off ? check : maps;
        // Somebody takes it all, by a catch-all address or luser_relay: nothing is bounced.
        if (!off && (maps.value.trim() !== '' || server.setting('luser_relay').value !== '')) continue;
        if (seen.has(culprit.key)) continue;
        seen.add(culprit.key);
        yield {
          at: culprit.at ?? server.setting(domains).at ?? server.at,
          message: `${nobody}@${domain} is accepted from outside: ${
            off
              ? 'smtpd_reject_unlisted_recipient is no, and no list has reject_unlisted_recipient'
              : `${recipients} is empty`
          }`,
          // What stands behind may refuse the unknown in time; only its operator knows.
          ...(!off && domains !== 'mydestination' && { level: 'note', confidence: 'likely' }),
          fix: off ? [check.set('yes')] : knownUsers(domains, server),
        };
      }
    }
  },
});

/** The users of the system are known by default. */
function knownUsers(domains: string, server: SmtpServer): Report['fix'] {
  const maps = server.setting('local_recipient_maps');
  return domains === 'mydestination' && maps.origin !== 'default' ? [maps.unset()] : undefined;
}

function firstDomain(value: string): string | undefined {
  return splitList(value)
    .map(({ text }) => text)
    .find((text) => /^[\w-]+(\.[\w-]+)+$/.test(text));
}
