/**
 * Puts a steady load on three lists of which two die and come back, and says whether anything was lost.
 *
 *     node --conditions=@postern/source --expose-gc packages/dnsbl/bench/soak.ts [--minutes 10] [--rate 2000]
 *
 * `steady` is well all the time. `mortal` falls silent for 20 s in every minute. `mad` lists everything for 20 s in
 * every minute, half a minute later. Every address is checked on all three; no verdict of
 * `steady` and `mortal` may be wrong (an error is not), and only until the breaker opens may `mad` be believed.
 */
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { createResolver, type Answer, type RecordType, type Resolver } from '@postern/dns';
import { startRbldnsd } from '@postern/testbed';
import { createDnsbl } from '../src/index.ts';
import { addressAt, isListed } from './million-entries.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '2000' } },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const pool = 300_000;

const entries = Array.from({ length: pool }, (_, index) => index)
  .filter(isListed)
  .map(addressAt);
const well = `127.0.0.2 :127.0.0.2:test\n:127.0.0.2:listed, see $\n${entries.join('\n')}\n`;
const mad = '0.0.0.0/0 :127.0.0.2:closed\n';
const start = async (name: string): ReturnType<typeof startRbldnsd> =>
  startRbldnsd({ ttl: 30, zones: [{ zone: `${name}.example.net`, type: 'ip4trie', data: well }] });
const servers = { steady: await start('steady'), mortal: await start('mortal'), mad: await start('mad') };
const names = Object.keys(servers) as (keyof typeof servers)[];
const resolvers = Object.fromEntries(
  names.map((name) => [
    name,
    createResolver({
      servers: [servers[name].server],
      inflight: 256,
      cache: { maxBytes: 16 * 2 ** 20 },
    }),
  ]),
);
const resolver: Resolver = {
  resolve<T extends RecordType>(asked: string, type: T): Answer<T> | Promise<Answer<T>> {
    return resolvers[asked.split('.').at(-3)!]!.resolve(asked, type);
  },
};
const zones = names.map((name) => ({
  zone: `${name}.example.net`,
  testPoints: { ipv4: { listed: '127.0.0.2', unlisted: '127.0.0.1' } },
}));
const dnsbl = createDnsbl({
  resolver,
  zones,
  cache: { entries: 100_000, minTtl: 5 },
  health: { interval: 10_000, firstRetry: 1000, longestRetry: 5000 },
});

const counts = {
  asked: 0,
  answered: 0,
  wrong: 0,
  steadyErrors: 0,
  madBelieved: 0,
  errors: 0,
  slowest: 0,
};
const began = performance.now();
const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1).padStart(6);
const end = began + minutes * 60_000;

async function one(): Promise<void> {
  // Half of the load on few addresses, as in life.
  const index = Math.floor(Math.random() * (Math.random() < 0.5 ? 20_000 : pool));
  counts.asked++;
  const at = performance.now();
  const { verdicts, score } = await dnsbl.check(addressAt(index));
  counts.answered++;
  counts.slowest = Math.max(counts.slowest, performance.now() - at);
  const truth = isListed(index) ? 'listed' : 'clean';
  const [steady, mortal, other] = verdicts;
  for (const verdict of [steady, mortal])
    if (verdict?.status !== 'error' && verdict?.status !== truth) counts.wrong++;
  if (steady?.status === 'error') counts.steadyErrors++;
  if (other?.status === 'listed' && truth === 'clean') counts.madBelieved++;
  counts.errors += verdicts.filter(({ status }) => status === 'error').length;
  const believed = verdicts.filter(({ status }) => status === 'listed').length;
  if (score !== believed) counts.wrong++;
}

const load = async (): Promise<void> => {
  let sent = 0;
  while (performance.now() < end) {
    const due = Math.floor(((performance.now() - began) * rate) / 1000);
    for (; sent < due; sent++) void one();
    await sleep(5);
  }
};

const failures = async (): Promise<void> => {
  while (performance.now() + 60_000 <= end + 5000) {
    await sleep(10_000);
    say('mortal falls silent');
    servers.mortal.signal('SIGSTOP');
    await sleep(20_000);
    say('mortal is back');
    servers.mortal.signal('SIGCONT');
    await sleep(5000);
    say('mad lists everything');
    servers.mad.reload([mad]);
    await sleep(20_000);
    say('mad is well again');
    servers.mad.reload([well]);
    await sleep(5000);
  }
};

const watch = async (): Promise<void> => {
  const before = new Map<string, string>();
  let nextSample = 0;
  while (performance.now() < end) {
    for (const { zone, state, circuit, reason } of await dnsbl.health()) {
      const now = `${circuit}, ${state}${reason === undefined ? '' : ` (${reason})`}`;
      if (before.get(zone) !== now) say(`  ${zone}: ${now}`);
      before.set(zone, now);
    }
    if (performance.now() >= nextSample) {
      globalThis.gc?.();
      const { heapUsed, external, rss } = process.memoryUsage();
      const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
      say(
        `    memory: heap ${mb(heapUsed)}, external ${mb(external)}, resident ${mb(rss)}; ${counts.answered} verdicts`,
      );
      nextSample = performance.now() + 30_000;
    }
    await sleep(50);
  }
};

function say(text: string): void {
  console.log(`${seconds()} s  ${text}`);
}

await Promise.all([load(), failures(), watch()]);
await sleep(12_000);
say(
  JSON.stringify({
    ...counts,
    slowest: `${counts.slowest.toFixed(0)} ms`,
    lost: counts.asked - counts.answered,
  }),
);
for (const { zone, opened, queries, latency } of await dnsbl.health()) {
  say(
    `${zone}: opened ${opened} times, ${queries} queries, answers within ${latency.p50}/${latency.p95}/${latency.p99} ms (p50/p95/p99)`,
  );
}
await dnsbl.close();
await Promise.all(names.map((name) => resolvers[name]!.close()));
servers.mortal.signal('SIGCONT');
await Promise.all(names.map((name) => servers[name].stop()));
process.exitCode = counts.asked === counts.answered && counts.wrong === 0 ? 0 : 1;
