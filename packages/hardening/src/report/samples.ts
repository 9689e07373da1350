import type { Transaction } from '@postern/simulator';
import type { SmtpServer } from '../subject/subject.ts';
import { people, type Day } from './sample-dns.ts';

/** Mail that every report sends through the lists: who writes, and what should become of it. */
export interface Sample {
  /** Stable within a report: `legitimate`, `relay`. */
  readonly id: string;
  /** Who does what, as a sentence without its full stop. */
  readonly title: string;
  readonly transaction: Transaction;
  /** How the block lists answer meanwhile. */
  readonly day: Day;
  readonly wanted: 'accept' | 'refuse';
}

/**
 * The sample mail for one smtpd: strangers on port 25, users on the submission ports, and on a port that only this
 * host can reach the host itself.
 *
 * @param service  the service of master.cf that the clients connect to
 */
export function samplesFor(server: SmtpServer, service: string): Sample[] {
  const domain = localDomain(server);
  const recipient = `postmaster@${domain}`;
  const from = people.partner;
  const send = (client: Transaction['client'], rest: Partial<Transaction>): Transaction => ({
    service,
    client,
    helo: client.name ?? 'laptop',
    from: 'ola@partner.example',
    to: [recipient],
    data: true,
    // What the port demands of everybody is not what the samples are about.
    ...(server.role === 'submissions' && { tls: true }),
    ...rest,
  });
  const own: Sample = {
    id: 'own',
    title: 'This host itself sends to a foreign domain',
    transaction: send(people.self, { from: recipient, to: ['ola@partner.example'] }),
    day: 'well',
    wanted: 'accept',
  };
  if (server.loopback) return [own];
  const stranger: Sample = {
    id: 'relay',
    title: 'A stranger sends to a foreign domain (relaying)',
    transaction: send(from, { to: ['victim@elsewhere.example'] }),
    day: 'well',
    wanted: 'refuse',
  };
  if (server.role === 'submission' || server.role === 'submissions') {
    return [
      {
        id: 'user',
        title: 'A user sends to a foreign domain with a password under TLS, from an address that is listed',
        transaction: send(people.traveller, {
          from: recipient,
          to: ['ola@partner.example'],
          user: recipient,
          tls: true,
        }),
        day: 'well',
        wanted: 'accept',
      },
      stranger,
    ];
  }
  const legitimate = send(from, {});
  return [
    {
      id: 'legitimate',
      title: `A partner's mail server writes to ${recipient}`,
      transaction: legitimate,
      day: 'well',
      wanted: 'accept',
    },
    {
      id: 'error-code',
      title: 'The same while the block lists answer every question with 127.255.255.254, an error code',
      transaction: legitimate,
      day: 'error-code',
      wanted: 'accept',
    },
    {
      id: 'parked',
      title: 'The same after the domains of the block lists were parked and answer every question',
      transaction: legitimate,
      day: 'parked',
      wanted: 'accept',
    },
    {
      id: 'listed',
      title: 'A client that every block list has writes to the same mailbox',
      transaction: send(people.bot, { from: 'news@offers.example' }),
      day: 'well',
      wanted: 'refuse',
    },
    {
      id: 'nameless',
      title: 'A client without a name says HELO laptop, with a sender whose domain does not exist',
      transaction: send(people.nameless, { from: 'me@nowhere.example' }),
      day: 'well',
      wanted: 'refuse',
    },
    {
      id: 'unknown-user',
      title: 'The partner writes to a recipient who does not exist',
      transaction: send(from, { to: [`nobody-here@${domain}`] }),
      day: 'well',
      wanted: 'refuse',
    },
    {
      id: 'impatient',
      title: 'A client sends its message before it was asked for it',
      transaction: send(from, { pipelining: ['DATA'] }),
      day: 'well',
      wanted: 'refuse',
    },
    stranger,
    own,
  ];
}

/** A domain that the host takes mail for, as far as the files name one. */
export function localDomain(server: SmtpServer): string {
  for (const name of ['mydestination', 'virtual_mailbox_domains', 'virtual_alias_domains', 'relay_domains']) {
    const domain = server
      .setting(name)
      .value.split(/[\s,]+/)
      .find(
        (word) =>
          /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)+$/i.test(word) &&
          !/(?:^|\.)localhost(?:\.|$)|\.localdomain$/i.test(word),
      );
    if (domain !== undefined) return domain.toLowerCase();
  }
  return server.setting('myhostname').value;
}
