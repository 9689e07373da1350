import { Resolver as CaresResolver } from 'node:dns/promises';
import type { Answer, FailureReason, RecordData, RecordType } from '../resolver.ts';
import { normalRecord } from '../zones/record.ts';
import type { Question } from '../wire/message.ts';
import type { Cancel, Transport } from './transport.ts';

export interface SystemOptions {
  /** How long one attempt may take, in ms. */
  readonly timeout: number;
  /** Servers to ask instead of those of the system's configuration. */
  readonly servers?: readonly string[];
}

const reasons: Readonly<Record<string, FailureReason>> = {
  ESERVFAIL: 'servfail',
  EREFUSED: 'refused',
  EFORMERR: 'formerr',
  ENOTIMP: 'notimp',
  ETIMEOUT: 'timeout',
  ECONNREFUSED: 'network',
  EBADRESP: 'malformed',
  EBADNAME: 'bad-name',
  ECANCELLED: 'aborted',
};

/**
 * The resolver that Node brings along (c-ares), with the system's configuration. It follows hosts' search lists and
 * options that no other driver knows, but it tells no TTL except for addresses and none at all for "there is none":
 * there the TTL is 0.
 */
export function systemTransport({ timeout, servers }: SystemOptions): Transport {
  const resolver = new CaresResolver({ timeout, tries: 1 });
  if (servers) resolver.setServers(servers);
  let closed = false;
  return {
    server: 'system',
    ask(question, done): Cancel {
      let gone = false;
      const answer = async (): Promise<void> => {
        const reply = await lookUp(resolver, question);
        if (!gone && !closed) done(reply);
      };
      void answer();
      return () => {
        gone = true;
      };
    },
    async close() {
      closed = true;
      resolver.cancel();
    },
  };
}

async function lookUp(resolver: CaresResolver, { name, type }: Question): Promise<Answer> {
  try {
    const { data, ttl } = await query(resolver, name === '' ? '.' : name, type);
    const records = data.map((record) => normalRecord(type, record)).filter((record) => record !== undefined);
    return records.length > 0 ? { status: 'found', records, ttl } : { status: 'nodata', ttl: 0 };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOTFOUND') return { status: 'nxdomain', ttl: 0 };
    if (code === 'ENODATA') return { status: 'nodata', ttl: 0 };
    return {
      status: 'failed',
      reason: reasons[code] ?? 'network',
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}

interface Found {
  readonly data: readonly unknown[];
  readonly ttl: number;
}

async function query(resolver: CaresResolver, name: string, type: RecordType): Promise<Found> {
  switch (type) {
    case 'A':
      return addresses(await resolver.resolve4(name, { ttl: true }));
    case 'AAAA':
      return addresses(await resolver.resolve6(name, { ttl: true }));
    case 'PTR':
      return { data: await resolver.resolvePtr(name), ttl: 0 };
    case 'CNAME':
      return { data: await resolver.resolveCname(name), ttl: 0 };
    case 'NS':
      return { data: await resolver.resolveNs(name), ttl: 0 };
    case 'MX':
      return {
        data: (await resolver.resolveMx(name)).map(({ priority, exchange }) => ({
          preference: priority,
          exchange: exchange || '.',
        })),
        ttl: 0,
      };
    case 'TXT':
      return { data: await resolver.resolveTxt(name), ttl: 0 };
    case 'SOA': {
      const { nsname, hostmaster, minttl, ...rest } = await resolver.resolveSoa(name);
      const soa: RecordData['SOA'] = { ...rest, primary: nsname, admin: hostmaster, minimum: minttl };
      return { data: [soa], ttl: 0 };
    }
    case 'TLSA':
      return {
        data: (await resolver.resolveTlsa(name)).map(({ certUsage, selector, match, data }) => ({
          usage: certUsage,
          selector,
          matching: match,
          data: Buffer.from(data).toString('hex'),
        })),
        ttl: 0,
      };
    case 'CAA':
      return {
        data: (await resolver.resolveCaa(name)).map(({ critical, ...record }) => {
          // Node names the property after the tag, and puts a `type` beside it.
          const [tag, value] = Object.entries(record).find(([key]) => key !== 'type') ?? [];
          return { flags: critical, tag, value };
        }),
        ttl: 0,
      };
  }
}

function addresses(records: readonly { readonly address: string; readonly ttl: number }[]): Found {
  return { data: records.map(({ address }) => address), ttl: Math.min(...records.map(({ ttl }) => ttl)) };
}
