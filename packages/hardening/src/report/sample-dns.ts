import type { Answer, RecordType } from '@postern/dns';
import { findList } from '@postern/dnsbl';
import { fixtureResolver, type SyncResolver } from '@postern/dns/fixture';
import type { Client } from '@postern/simulator';

/** Those who write to the host in a report: names that no host has and addresses that are set aside for documentation. */
export const people: Readonly<
  Record<'partner' | 'bot' | 'nameless' | 'traveller' | 'self', Readonly<Client>>
> = {
  /** A partner's mail server; forward and reverse names agree. */
  partner: { address: '198.51.100.7', name: 'mx.partner.example' },
  /** A machine that every block list has, and with which nothing else is wrong. */
  bot: { address: '192.0.2.66', name: 'bot.offers.example' },
  /** No name, and a greeting that is none. */
  nameless: { address: '192.0.2.77', nameStatus: 'permanent', reverseStatus: 'permanent' },
  /** A user on the way: no name, and everybody lists such addresses. */
  traveller: { address: '192.0.2.200', nameStatus: 'permanent', reverseStatus: 'permanent' },
  self: { address: '127.0.0.1', name: 'localhost' },
};

/** How block lists answer: as they should, with an error code for every address, or as a parked domain does. */
export type Day = 'well' | 'error-code' | 'parked';

const listed: readonly string[] = [people.bot.address, people.traveller.address];

const world: SyncResolver = fixtureResolver({
  'partner.example': { MX: [{ preference: 10, exchange: 'mx.partner.example' }] },
  'mx.partner.example': { A: [people.partner.address] },
  'offers.example': { MX: [{ preference: 10, exchange: 'bot.offers.example' }] },
  'bot.offers.example': { A: [people.bot.address] },
  'elsewhere.example': { MX: [{ preference: 10, exchange: 'mx.elsewhere.example' }] },
  'mx.elsewhere.example': { A: ['203.0.113.99'] },
});

/**
 * A made-up DNS for the samples: their own names, the host's domain, and block lists that answer like that day.
 * Nothing is asked of the real one.
 *
 * @param domain  the domain that the samples write to
 */
export function sampleResolver(day: Day, domain: string): SyncResolver {
  return {
    resolve<T extends RecordType>(name: string, type: T): Answer<T> {
      const asked = name.toLowerCase().replace(/\.$/, '');
      if (asked === domain) return found(ownRecords, type);
      const question = /^(\d+\.\d+\.\d+\.\d+)\.(.+)$/.exec(asked);
      if (question && !asked.endsWith('.arpa')) {
        const address = question[1]!.split('.').toReversed().join('.');
        const reply = listAnswer(day, address, question[2]!);
        return reply === undefined ? { status: 'nxdomain', ttl: 60 } : found({ A: [reply] }, type);
      }
      return world.resolve(name, type);
    },
  };
}

const ownRecords = { A: ['203.0.113.25'], MX: [{ preference: 10, exchange: 'mx.elsewhere.example' }] };

function found<T extends RecordType>(
  records: Partial<Record<RecordType, readonly unknown[]>>,
  type: T,
): Answer<T> {
  const ofType = records[type];
  // What a table holds under T is records of T.
  return ofType
    ? ({ status: 'found', records: ofType, ttl: 60 } as Answer<T>)
    : { status: 'nodata', ttl: 60 };
}

/** What a list says of an address, undefined when it does not have it. */
function listAnswer(day: Day, address: string, zone: string): string | undefined {
  const match = findList(zone);
  const isBlockList = match?.status !== 'alive' || match.list.kind === 'block';
  if (day === 'parked') return isBlockList ? '203.0.113.99' : undefined;
  if (day === 'error-code') return isBlockList ? '127.255.255.254' : undefined;
  if (!isBlockList || !listed.includes(address)) return undefined;
  // The first code of its list that blocks; lists that nobody has described mostly answer 127.0.0.2.
  const codes = match?.status === 'alive' ? Object.entries(match.list.codes) : [];
  const [filter] =
    codes.find(([, meaning]) => typeof meaning === 'string' || meaning.effect === 'block') ?? [];
  return filter?.replaceAll(/\[(\d+)[^\]]*\]/g, '$1') ?? '127.0.0.2';
}
