import { proveRelay, type RelayProof } from '@postern/simulator';
import type { Place } from '@postern/plan';
import { relayLists, relayPermits, relayRestrictions, stopsRelaying } from '../knowledge/relay-control.ts';
import { simulated } from '../knowledge/stranger.ts';
import { defineRule, type Edit, type Report, type Rule } from '../rule.ts';
import type { SmtpServer, Subject } from '../subject/subject.ts';

type Open = Extract<RelayProof, { open: unknown }>;

export const openRelay: Rule = defineRule({
  id: 'open-relay',
  level: 'error',
  versions: 'all',
  source: 'the relay proof of @postern/simulator; SMTPD_ACCESS_README',
  title: 'A stranger can send mail to anybody',
  why: 'The transaction in the message was run through the configuration and is accepted. Spammers find an open relay within hours, and every list has it within days.',
  byHand: {
    because:
      'The clients that relay are in mynetworks, or the foreign domain is in one of the host’s own lists of domains: who belongs there only the operator can say.',
    steps:
      'Look at the restriction that the message names. Take networks that are not yours out of mynetworks, and what stands for whole domains out of relay_domains and mydestination; run `postern relay-proof` until it says closed.',
  },
  *check(subject: Subject): Iterable<Report> {
    if (subject.problems('missing-equals', 'missing-name', 'too-few-fields').length > 0) return;
    const proof = proveRelay(simulated(subject));
    if (!('open' in proof)) return;
    const { client, helo, from, to } = proof.open;
    const by = proof.verdict.decidedBy;
    const gateway = proof.view === 'container gateway';
    yield {
      at: placeOf(proof, subject),
      // Where no container forwards port 25, nobody comes from a gateway.
      ...(gateway && { level: 'warning', confidence: 'likely' }),
      message:
        `${client.address} (${gateway ? 'a container gateway, from which every forwarded connection comes' : proof.view}), ` +
        `HELO ${helo}, MAIL FROM:<${from}>, RCPT TO:<${to?.[0]}> is accepted` +
        (by
          ? `: ${by.list} permits it by ${[by.restriction, by.argument].filter(Boolean).join(' ')}`
          : ': no list refuses it'),
      fix: fixOf(proof, subject),
    };
  },
});

function placeOf({ verdict: { decidedBy } }: Open, subject: Subject): Place | undefined {
  if (decidedBy?.file !== 'main.cf' && decidedBy?.file !== 'master.cf') return undefined;
  const place = decidedBy.file === 'main.cf' ? subject.placeInMain(0) : subject.placeInMaster(0);
  return { file: place.file, line: decidedBy.line ?? 1, column: 1 };
}

/** Relay control in front of what permits. Who is in mynetworks only the operator can say. */
function fixOf({ open, verdict: { decidedBy } }: Open, subject: Subject): Edit[] | undefined {
  if (decidedBy?.restriction === 'permit_mynetworks') return undefined;
  const server = serverOf(subject, open.service);
  if (!server) return undefined;
  // Relay control is there and holds: the recipient's domain counts as one of ours.
  if (!decidedBy && relayLists(subject, server).some((list) => stopsRelaying(list, server))) return undefined;
  if (subject.knows('smtpd_relay_restrictions'))
    return [server.setting('smtpd_relay_restrictions').set(relayRestrictions)];
  const list = server.list('smtpd_recipient_restrictions');
  const item = list.items.find(({ name }) => name === decidedBy?.restriction);
  const stop = 'reject_unauth_destination';
  return list.edit((draft) =>
    item ? draft.insertBefore(item, ...relayPermits, stop) : draft.append(...relayPermits, stop),
  );
}

function serverOf(subject: Subject, name: string | undefined): SmtpServer | undefined {
  return (
    subject.servers.find(({ service }) => service?.type === 'inet' && service.name === name) ??
    subject.servers.find(({ service, role }) => role === 'mx' && service?.type !== 'inet')
  );
}
