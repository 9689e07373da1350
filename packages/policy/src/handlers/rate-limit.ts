import type { Action } from '../protocol/action.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import type { Charge, Counters } from '../limits/counters.ts';
import type { Handler } from './handler.ts';

/** At most `limit` messages or recipients for each user, client or sender domain in any `window` seconds. */
export interface RateLimit {
  readonly per: 'user' | 'client' | 'sender' | 'sender-domain';
  readonly count: 'messages' | 'recipients';
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
  /** What is answered above the limit: a 450 that makes the client come back, unless told otherwise. */
  readonly action?: Action;
}

/** Somebody reached a limit. The event is raised once a window for each key. */
export interface LimitExceeded {
  readonly limit: RateLimit;
  /** Whose limit: the user name, address or domain. */
  readonly who: string;
  readonly used: number;
  readonly request: PolicyRequest;
}

export interface RateLimitOptions {
  readonly limits: readonly RateLimit[];
  readonly counters: Counters;
  /** Requests that are never limited nor counted. */
  readonly exempt?: (request: PolicyRequest) => boolean;
  readonly onExceeded?: (event: LimitExceeded) => void;
}

/** Messages whose counts are remembered so that no recipient is counted twice. */
const mostMessages = 50_000;

/**
 * Limits what users, clients and sender domains may send: what stops a stolen account.
 *
 * Wire it at RCPT (smtpd_recipient_restrictions, before anything that permits), at END-OF-MESSAGE
 * (smtpd_end_of_data_restrictions), or both: at RCPT each request is one recipient; later the request says
 * how many recipients the message has, and only those that were not yet counted are added. A message that
 * exceeds a limit is not counted; recipients refused later by another restriction are.
 */
export function rateLimitHandler({ limits, counters, exempt, onExceeded }: RateLimitOptions): Handler {
  const counted = new Map<string, number>();
  const raised = new Map<string, number>();

  return {
    name: 'rate-limit',
    onFailure: { type: 'dunno' },
    async handle(request, { note }) {
      if (exempt?.(request)) return undefined;
      const recipients = recipientsOf(request);
      if (recipients === undefined) return undefined;
      const before = request.instance === undefined ? undefined : counted.get(request.instance);
      const added = request.protocolState === 'RCPT' ? 1 : recipients - (before ?? 0);
      const charges: (Charge & { readonly rule: RateLimit; readonly who: string })[] = [];
      for (const rule of limits) {
        const who = whoOf(request, rule.per);
        const cost = rule.count === 'recipients' ? added : before === undefined ? 1 : 0;
        if (who === undefined || cost <= 0) continue;
        charges.push({ key: keyOf(rule, who), cost, limit: rule.limit, window: rule.window, rule, who });
      }
      if (charges.length === 0) return undefined;

      const result = await counters.charge(charges);
      if (result.allowed) {
        remember(request.instance, (before ?? 0) + added);
        return undefined;
      }
      const index = result.exceeded[0]!;
      const { rule, who, key } = charges[index]!;
      const used = result.used[index]!;
      note(`${rule.per} ${who} has ${used} of ${rule.limit} ${rule.count} in ${rule.window} s`);
      if (isNew(key, rule.window)) onExceeded?.({ limit: rule, who, used, request });
      return rule.action ?? refusal(rule);
    },
  };

  function remember(instance: string | undefined, recipients: number): void {
    if (instance === undefined) return;
    counted.delete(instance);
    counted.set(instance, recipients);
    if (counted.size > mostMessages) counted.delete(counted.keys().next().value!);
  }

  function isNew(key: string, window: number): boolean {
    const now = Date.now();
    const last = raised.get(key);
    if (last !== undefined && now - last < window * 1000) return false;
    raised.delete(key);
    raised.set(key, now);
    if (raised.size > mostMessages) raised.delete(raised.keys().next().value!);
    return true;
  }
}

/** Recipients of the message so far as this request tells; undefined at stages that say nothing of recipients. */
function recipientsOf({ protocolState, recipientCount }: PolicyRequest): number | undefined {
  if (protocolState === 'RCPT') return recipientCount + 1;
  return protocolState === 'DATA' || protocolState === 'END-OF-MESSAGE' ? recipientCount : undefined;
}

function whoOf(request: PolicyRequest, per: RateLimit['per']): string | undefined {
  switch (per) {
    case 'user':
      return request.saslUsername;
    case 'client':
      return request.clientAddress;
    case 'sender':
      return request.sender || undefined;
    case 'sender-domain':
      return request.sender?.slice(request.sender.lastIndexOf('@') + 1).toLowerCase() || undefined;
  }
}

function keyOf({ per, count, window }: RateLimit, who: string): string {
  return `${per}:${count}:${window}:${who}`;
}

function refusal({ count, limit, window }: RateLimit): Action {
  return {
    type: 'defer',
    code: 450,
    enhanced: '4.7.1',
    text: `Sending limit of ${limit} ${count} in ${window} seconds reached, try again later`,
  };
}
