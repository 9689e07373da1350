import type { Probe, Verdict } from './probe.ts';
import { send, type Envelope, type Outcome } from './envelope.ts';
import { bot, partner, partner6, user, type Client, type Lists } from './scene.ts';

const how: Readonly<Record<Lists, string>> = {
  well: '',
  'open-resolver': ' while Spamhaus answers 127.255.255.254 to everything (public resolver)',
  parked: ' while the domain of SpamCop is parked and answers everything',
};

/** Who may write to whom, on port 25 from outside. */
export const mailProbes: readonly Probe[] = [
  ...(['well', 'open-resolver', 'parked'] as const).flatMap((lists) => [
    accepts(`A legitimate message is delivered${how[lists]}`, lists, partner),
    refuses(`A client on the block lists is refused${how[lists]}`, lists, [
      { client: bot, sender: 'offers@example.net', recipient: user.mail },
    ]),
  ]),
  accepts('A legitimate message over IPv6 is delivered', 'well', partner6),
  refuses(
    'Relaying is refused, in four spellings of the recipient',
    'well',
    [
      'victim@example.com',
      'victim%example.com@yourdomain.no',
      '"victim@example.com"',
      '@yourdomain.no:victim@example.com',
    ].map((recipient) => ({ client: partner, sender: 'ola@example.org', recipient })),
    400,
  ),
  refuses('An unknown recipient is refused at RCPT', 'well', [
    { client: partner, sender: 'ola@example.org', recipient: 'nobody-here@yourdomain.no' },
  ]),
  refuses('A sender whose SPF record forbids the client is refused', 'well', [
    { client: partner, sender: 'boss@example.com', recipient: user.mail },
  ]),
];

function accepts(title: string, lists: Lists, client: Client): Probe {
  return {
    title,
    lists,
    async examine({ lab, postfix }) {
      const subject = title.replaceAll(/\W+/g, '-');
      const outcome = await send(lab, { client, sender: 'ola@example.org', recipient: user.mail }, subject);
      if (!outcome.accepted) return { right: false, said: describe(outcome) };
      const mail = await postfix.deliveredMail();
      const delivered = mail.some(
        ({ mailbox, text }) => mailbox === user.name && text.includes(`\nSubject: ${subject}\n`),
      );
      return { right: delivered, said: delivered ? 'delivered' : 'accepted and lost' };
    },
  };
}

/**
 * Refused at RCPT or before: later the message would already have been transmitted.
 *
 * @param least  the lowest reply code that will do: 500 for good, 400 when it is enough that the message does not go through
 */
function refuses(title: string, lists: Lists, envelopes: readonly Envelope[], least = 500): Probe {
  return {
    title,
    lists,
    async examine({ lab }) {
      const verdicts: Verdict[] = [];
      for (const envelope of envelopes) {
        const outcome = await send(lab, envelope, 'unwanted');
        verdicts.push({
          right: outcome.reply.code >= least && outcome.stage !== 'data',
          said: describe(outcome),
        });
      }
      return verdicts.find((verdict) => !verdict.right) ?? verdicts[0]!;
    },
  };
}

function describe({ accepted, stage, reply }: Outcome): string {
  if (accepted) return 'accepted';
  return `${reply.code >= 500 ? 'refused' : 'put off'} at ${stage.toUpperCase()}: ${[reply.code, reply.enhanced].join(' ')}`;
}
