import { smtp, type Lab, type Reply } from '@postern/testbed';
import { host, type Client } from './scene.ts';

export interface Envelope {
  readonly client: Client;
  readonly sender: string;
  readonly recipient: string;
}

/** Where a server said no, or that it took the message. */
export interface Outcome {
  readonly stage: 'connect' | 'ehlo' | 'mail' | 'rcpt' | 'data';
  readonly reply: Reply;
  readonly accepted: boolean;
}

/** Sends a message from outside and reports the reply that decided: the first refusal, or the last acceptance. */
export async function send(
  lab: Lab,
  { client, sender, recipient }: Envelope,
  subject: string,
): Promise<Outcome> {
  await using session = await smtp(lab, {
    from: client.address,
    to: client.address.includes(':') ? host.address6 : host.address,
  });
  const steps = [
    ['connect', async () => session.greeting],
    ['ehlo', () => session.ehlo(client.name)],
    ['mail', () => session.mail(sender)],
    ['rcpt', () => session.rcpt(recipient)],
    ['data', () => session.data(`From: <${sender}>\nTo: <${recipient}>\nSubject: ${subject}\n\nHello.\n`)],
  ] as const;
  let outcome: Outcome | undefined;
  for (const [stage, step] of steps) {
    const reply = await step();
    outcome = { stage, reply, accepted: reply.code < 400 };
    if (!outcome.accepted) break;
  }
  await session.quit().catch(() => undefined); // postscreen hangs up after a refusal
  return outcome!;
}
