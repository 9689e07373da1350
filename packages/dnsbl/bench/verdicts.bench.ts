import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createResolver, type Answer, type RecordType, type Resolver } from '@postern/dns';
import { median, type Bench, type BenchRow } from '@postern/testbed';
import { createDnsbl } from '../src/index.ts';
import { addressAt, isListed, startMillionEntries } from './million-entries.ts';
import { atOnce, dnsblPeer, harakaPeer, type Peer } from './peers.ts';

const zone = 'bl.example.net';
const atATime = 20_000;
const rounds = 5;
const kept = 1_000_000;

const bench: Bench = {
  title: 'Block-list verdicts',
  about:
    `rbldnsd with a million entries on the loopback interface; every second address is listed. ${atATime} addresses a round, ` +
    `1,000 at once, ${rounds} rounds in turn after one to warm up, medians; ours with test points, circuit breaker and no cache. A verdict of a ` +
    'peer is wrong when it calls a listed address clean (they take lost lookups for clean) or the other way round.',
  async *run(): AsyncGenerator<BenchRow> {
    yield* uncached();
    yield await tenLists();
    yield* cached();
  },
};
export default bench;

async function* uncached(): AsyncGenerator<BenchRow> {
  await using server = await startMillionEntries(zone);
  // Everybody is made once and asked in every round, as in a server.
  await using resolver = createResolver({ servers: [server.server], cache: false });
  await using dnsbl = createDnsbl({ resolver, zones: [zone], cache: false, reasons: 'never' });
  const ours: Peer = async (addresses, concurrency) => {
    const listed = new Set<string>();
    await atOnce(concurrency, addresses, async (address) => {
      const [verdict] = (await dnsbl.check(address)).verdicts;
      if (verdict?.status === 'listed') listed.add(address);
      else if (verdict?.status !== 'clean') listed.add(`lost ${address}`);
    });
    return listed;
  };
  const sides = {
    ours,
    'npm dnsbl': dnsblPeer(server.server, zone),
    'haraka-plugin-dns-list': harakaPeer(server.server, zone),
  };
  const rates: Record<string, number[]> = {};
  const wrong: Record<string, number> = {};
  for (let round = -1; round < rounds; round++) {
    const indices = Array.from({ length: atATime }, (_, index) => (round + 1) * atATime + index);
    const addresses = indices.map(addressAt);
    const truth = new Set(indices.filter(isListed).map(addressAt));
    for (const [name, side] of Object.entries(sides)) {
      const start = performance.now();
      const listed = await side(addresses, 1000);
      if (round < 0) continue;
      (rates[name] ??= []).push((addresses.length * 1000) / (performance.now() - start));
      wrong[name] = (wrong[name] ?? 0) + missing(truth, listed) + missing(listed, truth);
    }
  }
  const rate = (name: string): number => median(rates[name]!);
  const mistakes = (name: string): string =>
    `${wrong[name]} wrong of ${(rounds * atATime).toLocaleString('en')}`;
  for (const peer of ['npm dnsbl', 'haraka-plugin-dns-list']) {
    yield {
      work: `verdicts a second, against ${peer}`,
      ours: `${Math.round(rate('ours')).toLocaleString('en')}/s`,
      peer: `${Math.round(rate(peer)).toLocaleString('en')}/s`,
      ratio: `${(rate('ours') / rate(peer)).toFixed(1)} ×`,
      target: '≥ 2 ×',
      met: rate('ours') >= 2 * rate(peer),
    };
    yield {
      work: `lost or wrong verdicts, against ${peer}`,
      ours: mistakes('ours'),
      peer: mistakes(peer),
      ratio: '–',
      target: '0',
      met: wrong['ours'] === 0,
    };
  }
}

/** Ten lists that are 20 ms away: how long one address takes. */
async function tenLists(): Promise<BenchRow> {
  const away = 20;
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (query, from) => {
    // The query itself, turned into "no such name" and without what follows the question.
    const reply = Buffer.from(query.subarray(0, query.indexOf(0, 12) + 5));
    reply.writeUInt16BE(0x8503, 2);
    reply.fill(0, 6, 12);
    setTimeout(() => socket.send(reply, from.port, from.address), away);
  });
  const server = `127.0.0.1:${socket.address().port}`;
  const zones = Array.from({ length: 10 }, (_, index) => `bl${index}.example.net`);
  await using resolver = createResolver({ servers: [server] });
  await using dnsbl = createDnsbl({ resolver, zones });
  const times: number[] = [];
  for (let index = 0; index < 15; index++) {
    const start = performance.now();
    const { verdicts } = await dnsbl.check(addressAt(index));
    times.push(performance.now() - start);
    if (verdicts.some(({ status }) => status !== 'clean'))
      throw new Error(`an answer was lost: ${JSON.stringify(verdicts)}`);
  }
  socket.close();
  const time = median(times);
  return {
    work: `one address on 10 lists that are ${away} ms away`,
    ours: `${time.toFixed(1)} ms`,
    peer: `${away * 10} ms if asked in turn, as smtpd does`,
    ratio: `${(time / away).toFixed(2)} round trips`,
    target: '1 round trip',
    met: time < 2 * away,
  };
}

/** Answers at once: every second address is on one of ten lists, which names it in its reason. */
const instant: Resolver = {
  resolve<T extends RecordType>(name: string, type: T): Answer<T> {
    const listed = /^\d*[02468]\..*\.bl5\./.test(name);
    if (!listed) return { status: 'nxdomain', ttl: 3600 };
    const address = name.split('.', 4).toReversed().join('.');
    const records = type === 'A' ? ['127.0.0.2'] : [[`see https://bl.example.net/${address}`]];
    return { status: 'found', records, ttl: 3600 } as unknown as Answer<T>;
  },
};

async function* cached(): AsyncGenerator<BenchRow> {
  const zones = Array.from({ length: 10 }, (_, index) => `bl${index}.example.net`);
  const addresses = Array.from({ length: kept }, (_, index) => addressAt(index));
  await using dnsbl = createDnsbl({ resolver: instant, zones, cache: { entries: kept }, health: false });
  const before = memory();
  for (const address of addresses) await dnsbl.check(address);
  const bytes = (memory() - before) / kept;
  const ways = {
    'kept()': () => {
      let found = 0;
      for (const address of addresses) if (dnsbl.kept(address)) found++;
      return found;
    },
    'check()': async () => {
      let found = 0;
      for (const address of addresses)
        if ((await dnsbl.check(address)).verdicts.length === zones.length) found++;
      return found;
    },
  };
  for (const [way, ask] of Object.entries(ways)) {
    const rates: number[] = [];
    let found = 0;
    for (let round = 0; round < rounds; round++) {
      const start = process.cpuUsage();
      found += await ask();
      const { user, system } = process.cpuUsage(start);
      rates.push((kept * 1e6) / (user + system));
    }
    yield {
      work: `verdicts kept about a million addresses on 10 lists, by ${way}, a second of processor time`,
      ours: `${(median(rates) / 1e6).toFixed(2)} M/s (${((found * 100) / (kept * rounds)).toFixed(1)} % found)`,
      peer: 'none keeps verdicts',
      ratio: '–',
      target: '≥ 1 M/s',
      met: median(rates) >= 1e6,
    };
  }
  yield {
    work: 'memory an address, its key included',
    ours: `${bytes.toFixed(1)} bytes`,
    peer: 'none keeps verdicts',
    ratio: '–',
    target: '≤ 64 bytes beside the key',
    met: bytes <= 64,
  };
}

/** How many of the first are not in the second. */
function missing(from: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return [...from].filter((one) => !other.has(one)).length;
}

/** All memory of the process that holds data, after collecting what is garbage. */
function memory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
