import { isQueueId } from '../queue-id.ts';
import type { LogLine } from './log-line.ts';

/** One message as the log tells of it. */
export interface MessageHistory {
  readonly id: string;
  /** Seconds since 1970, of the first line about it. */
  readonly first: number;
  readonly sender?: string;
  readonly size?: number;
  readonly messageId?: string;
  /** `name[address]` of who brought it, or `user 1000` of this machine. */
  readonly client?: string;
  /** Who had logged in. */
  readonly login?: string;
  readonly recipients: readonly RecipientHistory[];
  readonly fate: Fate;
  /** When it left the queue. */
  readonly removed?: number;
  /** Messages that came of it: passed on through a filter, forwarded, a bounce, the same under another id. */
  readonly next: readonly { readonly id: string; readonly what: 'passed-on' | 'bounce' | 'requeued' }[];
  /** What was said against it, or done to it by hand. */
  readonly notes: readonly string[];
}

export interface RecipientHistory {
  readonly address: string;
  /** As the sender wrote it. */
  readonly original?: string;
  readonly status: 'sent' | 'deferred' | 'bounced' | 'expired' | 'unknown';
  /** Of the last try. */
  readonly at: number;
  readonly tries: number;
  readonly relay?: string;
  readonly code?: string;
  readonly said: string;
}

export type Fate =
  | 'delivered'
  | 'partly-delivered'
  | 'deferred'
  | 'bounced'
  | 'held'
  | 'deleted'
  | 'refused'
  | 'requeued'
  | 'under-way';

interface Draft {
  id: string;
  first: number;
  sender?: string;
  size?: number;
  messageId?: string;
  client?: string;
  login?: string;
  recipients: Map<string, RecipientHistory>;
  removed?: number;
  ended?: 'deleted' | 'requeued' | 'refused';
  held: boolean;
  next: { id: string; what: 'passed-on' | 'bounce' | 'requeued' }[];
  notes: string[];
}

/** Puts the lines about each message together. Ids that no line tells of are left out. */
export function historiesOf(lines: readonly LogLine[]): MessageHistory[] {
  const drafts = new Map<string, Draft>();
  for (const line of lines) {
    if (line.id === undefined) continue;
    let draft = drafts.get(line.id);
    if (draft === undefined) {
      draft = { id: line.id, first: line.at, recipients: new Map(), held: false, next: [], notes: [] };
      drafts.set(line.id, draft);
    }
    tell(draft, line, drafts);
  }
  return [...drafts.values()].map(({ held, ended, recipients, ...rest }) => ({
    ...rest,
    recipients: [...recipients.values()],
    fate: ended ?? fateOf([...recipients.values()], held, rest.removed !== undefined),
  }));
}

function tell(draft: Draft, { at, daemon, text, id }: LogLine, drafts: ReadonlyMap<string, Draft>): void {
  const field = (name: string): string | undefined =>
    new RegExp(String.raw`(?:^|[ ,])${name}=(<[^>]*>|[^,\s]+)`).exec(text)?.[1]?.replace(/^<(.*)>$/, '$1');
  if (/(?:^|, )status=/.test(text) && text.startsWith('to=')) return delivery(draft, at, text, field);
  if (text === 'removed') {
    draft.removed = at;
    if (daemon === 'postsuper') draft.ended = 'deleted';
    return;
  }
  if (/^(?:milter-)?(?:reject|discard): /.test(text)) draft.ended = 'refused';
  if (/^(?:milter-)?(?:reject|discard|hold|warning): |^warning: /.test(text)) draft.notes.push(text);
  if (/^(?:milter-)?hold: |^placed on hold/.test(text)) draft.held = true;
  if (text.startsWith('released from hold')) draft.held = false;
  if (/^(?:placed on hold|released from hold|requeued)/.test(text)) draft.notes.push(`${text} by hand`);
  if (text.startsWith('requeued')) draft.ended = 'requeued';
  const origin = field('orig_id');
  if (origin !== undefined) drafts.get(origin)?.next.push({ id: id!, what: 'requeued' });
  const bounce = /notification: ([0-9A-Za-z]+)$/.exec(text)?.[1];
  if (bounce !== undefined && isQueueId(bounce)) draft.next.push({ id: bounce, what: 'bounce' });
  const sender = field('from');
  if (sender !== undefined) draft.sender ??= sender;
  const size = field('size');
  if (size !== undefined) draft.size ??= Number(size);
  const messageId = field('message-id');
  if (messageId !== undefined) draft.messageId ??= messageId;
  const client = field('client') ?? (field('uid') === undefined ? undefined : `user ${field('uid')}`);
  if (client !== undefined) draft.client ??= client;
  const login = field('sasl_username');
  if (login !== undefined) draft.login ??= login;
  if (text.includes('status=expired')) {
    draft.notes.push('given up: it was in the queue for too long');
    for (const [key, each] of draft.recipients)
      if (each.status === 'deferred') draft.recipients.set(key, { ...each, status: 'expired' });
  }
}

function delivery(draft: Draft, at: number, text: string, field: (name: string) => string | undefined): void {
  const address = field('to') ?? '';
  const [, word = 'unknown', said = ''] = /(?:^|, )status=(\w+)(?: \((.*)\))?$/.exec(text) ?? [];
  const status = ['sent', 'deferred', 'bounced', 'expired'].includes(word)
    ? (word as RecipientHistory['status'])
    : 'unknown';
  const before = draft.recipients.get(address);
  const [original, relay, code] = [field('orig_to'), field('relay'), field('dsn')];
  draft.recipients.set(address, {
    address,
    status,
    at,
    tries: (before?.tries ?? 0) + 1,
    said,
    ...(original !== undefined && { original }),
    ...(relay !== undefined && relay !== 'none' && { relay }),
    ...(code !== undefined && { code }),
  });
  const next = /\b(?:queued|forwarded) as ([0-9A-Za-z]+)/.exec(said)?.[1];
  if (status === 'sent' && next !== undefined && isQueueId(next))
    draft.next.push({ id: next, what: 'passed-on' });
}

function fateOf(recipients: readonly RecipientHistory[], held: boolean, removed: boolean): Fate {
  if (held && !removed) return 'held';
  const all = (status: RecipientHistory['status']): boolean =>
    recipients.length > 0 && recipients.every((each) => each.status === status);
  if (all('sent')) return 'delivered';
  if (recipients.some(({ status }) => status === 'deferred')) return 'deferred';
  if (recipients.some(({ status }) => status === 'sent')) return 'partly-delivered';
  if (recipients.some(({ status }) => status === 'bounced' || status === 'expired')) return 'bounced';
  return 'under-way';
}
