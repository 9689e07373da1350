import type { PolicyRequest } from '../protocol/request.ts';
import { openRedis, type RedisClient, type RedisOptions } from '../limits/redis-client.ts';
import type { Handler } from './handler.ts';

/** Where a greylist keeps what it has seen; a value may be forgotten after `ttl` seconds, and not much sooner. */
export interface GreylistStore {
  get(key: string): string | undefined | Promise<string | undefined>;
  set(key: string, value: string, ttl: number): void | Promise<void>;
}

/** A greylist's store in this process; beyond `most` entries (200 000) the oldest are forgotten. */
export function memoryGreylist({
  most = 200_000,
  now = Date.now,
}: { most?: number; now?: () => number } = {}): GreylistStore {
  const entries = new Map<string, { readonly value: string; readonly until: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry || entry.until > now()) return entry?.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value, ttl) {
      entries.delete(key);
      entries.set(key, { value, until: now() + ttl * 1000 });
      for (const [oldest, { until }] of entries) {
        if (entries.size <= most && until > now()) break;
        entries.delete(oldest);
      }
    },
  };
}

export interface RedisGreylistOptions extends RedisOptions {
  /** Begins every key (`postern:greylist:`). */
  readonly prefix?: string;
}

/**
 * A greylist's store in Redis or Valkey that several machines share. While Redis cannot be asked its calls reject,
 * and the handler then delays nobody.
 *
 * @throws PolicyError `no-redis` when the optional peer dependency `redis` is not installed
 */
export async function redisGreylist({
  prefix,
  ...options
}: RedisGreylistOptions): Promise<GreylistStore & { close(): Promise<void> }> {
  const redis = await openRedis(options);
  return { ...greylistIn(redis, prefix), close: () => redis.close() };
}

/** A greylist's store over a connection that others use too. */
export function greylistIn(redis: RedisClient, prefix = 'postern:greylist:'): GreylistStore {
  return {
    get: async (key) => (await redis.ask((client) => client.get(prefix + key))) ?? undefined,
    set: async (key, value, ttl) =>
      void (await redis.ask((client) =>
        client.set(prefix + key, value, { expiration: { type: 'EX', value: ttl } }),
      )),
  };
}

export interface GreylistOptions {
  readonly store: GreylistStore;
  /** Seconds a new triplet has to wait (300). */
  readonly delay?: number;
  /** Seconds within which it must come back (2 days). */
  readonly retryWindow?: number;
  /** Seconds a triplet that has passed is remembered after it was last seen (35 days). */
  readonly maxAge?: number;
  /** Clients that have come back this often are never delayed again; 0 turns this off (5). */
  readonly allowClientAfter?: number;
  /** Requests that are never delayed; authenticated clients never are. */
  readonly exempt?: (request: PolicyRequest) => boolean;
  /** Milliseconds since 1970 (Date.now). */
  readonly now?: () => number;
}

const day = 86_400;
/** A client's returns count at most once an hour, so that one burst does not make it known. */
const countEvery = 3600;

/**
 * Delays the first mail of an unknown client network, sender and recipient, as postgrey does: what never comes
 * back was a bot. Wire it in smtpd_recipient_restrictions after reject_unauth_destination.
 */
export function greylistHandler(options: GreylistOptions): Handler {
  const {
    store,
    delay = 300,
    retryWindow = 2 * day,
    maxAge = 35 * day,
    allowClientAfter = 5,
    exempt,
  } = options;
  const now = options.now ?? Date.now;

  return {
    name: 'greylist',
    onFailure: { type: 'dunno' },
    async handle(request, { note }) {
      const { protocolState, clientAddress, sender, recipient } = request;
      if (
        protocolState !== 'RCPT' ||
        clientAddress === undefined ||
        sender === undefined ||
        recipient === undefined
      )
        return undefined;
      if (request.saslUsername !== undefined || exempt?.(request)) return undefined;

      const time = Math.floor(now() / 1000);
      const network = networkOf(clientAddress);
      const clientKey = `client:${network}`;
      const client = readClient(await store.get(clientKey));
      if (allowClientAfter > 0 && client.returns >= allowClientAfter) {
        await store.set(clientKey, `${client.returns} ${client.counted}`, maxAge);
        note(`client network ${network} is known`);
        return undefined;
      }

      const tripletKey = `triplet:${network}/${stableSender(sender)}/${recipient.toLowerCase()}`;
      const triplet = readTriplet(await store.get(tripletKey));
      if (triplet?.passed) {
        await store.set(tripletKey, `${triplet.first} passed`, maxAge);
        return undefined;
      }
      const first = triplet?.first ?? time;
      const left = first + delay - time;
      if (left > 0) {
        // Kept from the first try on: knocking again does not prolong the time in which it must come back.
        if (!triplet) await store.set(tripletKey, `${first}`, retryWindow);
        note(`${triplet ? 'early' : 'new'}, ${left} s left`);
        return {
          type: 'defer-if-permit',
          enhanced: '4.2.0',
          text: `Greylisted for ${left} seconds, try again later`,
        };
      }
      await store.set(tripletKey, `${first} passed`, maxAge);
      if (time - client.counted >= countEvery)
        await store.set(clientKey, `${client.returns + 1} ${time}`, maxAge);
      note(`came back after ${time - first} s`);
      return { type: 'prepend', header: 'X-Greylist', value: `delayed ${time - first} seconds` };
    },
  };
}

function readTriplet(
  value: string | undefined,
): { readonly first: number; readonly passed: boolean } | undefined {
  const match = /^(\d+)( passed)?$/.exec(value ?? '');
  return match ? { first: Number(match[1]), passed: match[2] !== undefined } : undefined;
}

function readClient(value: string | undefined): { readonly returns: number; readonly counted: number } {
  const match = /^(\d+) (\d+)$/.exec(value ?? '');
  return match ? { returns: Number(match[1]), counted: Number(match[2]) } : { returns: 0, counted: 0 };
}

/** The network that a large sender's pool of hosts shares: /24, or /64 of IPv6. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const v4 = mapped?.[1] ?? address;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(v4)) return v4.slice(0, v4.lastIndexOf('.'));
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const tailGroups = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - tailGroups.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...tailGroups];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

/** A sender without what changes from mail to mail: the extension, and numbers such as VERP and lists put in. */
function stableSender(sender: string): string {
  const at = sender.lastIndexOf('@');
  if (at < 0) return sender.toLowerCase();
  const local = sender
    .slice(0, at)
    .replace(/\+.*$/, '')
    .replaceAll(/\b\d+\b/g, '#');
  return `${local}@${sender.slice(at + 1)}`.toLowerCase();
}
