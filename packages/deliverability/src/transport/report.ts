import { bars, html, page, table } from '@postern/report';
import type { PeerShare, Share, TransportEvidence } from './evidence.ts';

export interface TransportReportOptions {
  /** Whose log it is. */
  readonly host: string;
  /** The day the report is made. */
  readonly date: Date;
}

/** How many domains and clients a page lists. */
const mostListed = 100;

/** The evidence as a dated page: what it shows, what it proves and what it does not. */
export function transportReport(evidence: TransportEvidence, { host, date }: TransportReportOptions): string {
  const { from, to, limits, byProtocol, byTrust, byCipher } = evidence;
  return page({
    title: `How mail travelled: ${host}`,
    lead: `Made on ${date.toISOString().slice(0, 10)} from the log between ${from ?? '—'} and ${to ?? '—'}.`,
    sections: [
      {
        title: 'In short',
        body: html`<ul>${[sentence('Outgoing', evidence.out), sentence('Incoming', evidence.in)].map((text) => html`<li>${text}</li>`)}</ul>`,
      },
      { title: 'What this proves', body: html`<ul>${proofs.map((text) => html`<li>${text}</li>`)}</ul>` },
      {
        title: 'What this does not prove',
        body: html`<ul>${[...limits, ...doubts].map((text) => html`<li>${text}</li>`)}</ul>`,
      },
      { title: 'By protocol', body: plot('sessions by protocol', byProtocol) },
      { title: 'By cipher', body: plot('sessions by cipher', byCipher) },
      { title: 'By trust in the certificate', body: plot('outgoing sessions by trust', byTrust) },
      { title: 'Fell back to clear text', body: peerTable(evidence.fellBack) },
      { title: 'Recipient domains', body: peerTable(evidence.domains) },
      { title: 'Clients', body: peerTable(evidence.clients) },
    ],
  });
}

const proofs = [
  'That this server’s own log records these sessions, with these protocols and ciphers.',
  'For outgoing mail marked Verified or Trusted: that the next server had a certificate that this host believes.',
];

const doubts = [
  'Anything about the way before the client or behind the next server: SMTP encrypts hop by hop.',
  'That nobody read along where a certificate is Untrusted or Anonymous: such a session withstands a listener, not somebody in between.',
  'That the log is complete and was not changed.',
];

function sentence(direction: string, { sessions, encrypted, messages, messagesEncrypted }: Share): string {
  if (messages === 0) return `${direction}: no mail in this log.`;
  const percent = (Math.floor((messagesEncrypted / messages) * 1000) / 10).toFixed(1);
  return `${direction}: ${messagesEncrypted} of ${messages} messages (${percent}%) and ${encrypted} of ${sessions} sessions were encrypted.`;
}

function plot(title: string, counts: Readonly<Record<string, number>>): ReturnType<typeof bars> {
  const rows = Object.entries(counts)
    .map(([label, value]) => ({ label, value }))
    .toSorted((a, b) => b.value - a.value);
  return bars({ title, rows });
}

function peerTable(peers: readonly PeerShare[]): ReturnType<typeof table> {
  const more = peers.length - mostListed;
  return table({
    ...(more > 0 ? { caption: `The first ${mostListed}; ${more} more are left out.` } : {}),
    head: ['peer', 'messages', 'encrypted', 'sessions', 'encrypted', 'fell back', 'protocols'],
    rows: peers
      .slice(0, mostListed)
      .map(({ peer, messages, messagesEncrypted, sessions, encrypted, fellBack, protocols }) => [
        peer,
        messages,
        messagesEncrypted,
        sessions,
        encrypted,
        fellBack,
        protocols.join(', '),
      ]),
  });
}
