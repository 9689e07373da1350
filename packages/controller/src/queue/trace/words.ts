import { oneLine } from '../../host/answer.ts';
import type { MessageHistory, RecipientHistory } from './history.ts';

/** What became of a message, a sentence a line. Control characters are taken out: the log has what strangers said. */
export function inWords(message: MessageHistory): string[] {
  const { id, first, sender, client, login, size, recipients, next, notes, removed, fate } = message;
  const from =
    sender === undefined ? '' : sender === '' ? ', a bounce or report without a sender' : `, from ${sender}`;
  const who = client === undefined ? '' : ` from ${client}`;
  const as = login === undefined ? '' : `, who had logged in as ${login}`;
  const bytes = size === undefined ? '' : `, ${size} bytes`;
  return [
    `${id} came ${moment(first)}${who}${as}${from}${bytes}.`,
    ...recipients.map(recipientInWords),
    ...notes.map((note) => `It was noted: ${note}.`),
    ...next.map(({ id: other, what }) => `${nextWords[what]} ${other}.`),
    end(fate, removed),
  ]
    .filter((line) => line !== '')
    .map((line) => oneLine(line, 600));
}

const nextWords = {
  'passed-on': 'It was passed on, and went on as',
  bounce: 'Its sender was told so in message',
  requeued: 'It was put into the queue again as',
} as const;

function recipientInWords({ address, original, status, at, tries, relay, said }: RecipientHistory): string {
  const who = original === undefined ? address : `${address} (written as ${original})`;
  const by = relay === undefined ? '' : ` by ${relay}`;
  const words = said === '' ? '' : `: ${said}`;
  switch (status) {
    case 'sent':
      return `${who}: delivered ${moment(at)}${by}${words}`;
    case 'deferred':
      return `${who}: not delivered yet; tried ${tries === 1 ? 'once' : `${tries} times`}, the last time ${moment(at)}${by}${words}`;
    case 'bounced':
      return `${who}: refused for good ${moment(at)}${by}${words}`;
    case 'expired':
      return `${who}: given up ${moment(at)} after ${tries === 1 ? 'one try' : `${tries} tries`}${words}`;
    case 'unknown':
      return `${who}: ${moment(at)}${by}${words}`;
  }
}

function end(fate: MessageHistory['fate'], removed: number | undefined): string {
  const when = removed === undefined ? '' : ` ${moment(removed)}`;
  switch (fate) {
    case 'delivered':
      return removed === undefined ? 'It was delivered.' : `It was delivered and left the queue${when}.`;
    case 'partly-delivered':
      return 'Some of its recipients have it and some do not.';
    case 'deferred':
      return removed === undefined ? 'It waits in the queue for its next try.' : `It left the queue${when}.`;
    case 'bounced':
      return `It could not be delivered${removed === undefined ? '' : ` and left the queue${when}`}.`;
    case 'held':
      return 'It is on hold until somebody releases it.';
    case 'deleted':
      return `Somebody deleted it${when}.`;
    case 'refused':
      return 'It was refused while it came in.';
    case 'requeued':
      return 'Somebody put it into the queue again, under another id.';
    case 'under-way':
      return removed === undefined ? 'The log does not say what became of it.' : `It left the queue${when}.`;
  }
}

/** `2026-11-23 16:10:38 UTC` */
export function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
