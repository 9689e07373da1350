import { Resolver as CaresResolver } from 'node:dns/promises';
import { Packet, UDPClient } from 'dns2';
import { median, startRbldnsd, type Bench, type BenchRow } from '@postern/testbed';
import { createResolverOn } from '../src/create-resolver.ts';
import { ownCodec } from '../src/wire/codec.ts';
import { dns2Codec } from './dns2-codec.ts';

/** Every even address from 10.0.0.0 on, a million of them. */
const entries = 1_000_000;
const rounds = 5;
const each = 20_000;

type Verdict = 'listed' | 'clean' | 'lost';

interface Client {
  ask(name: string): Promise<Verdict>;
  close(): Promise<void> | void;
}

interface Figures {
  readonly cpu: number;
  readonly rate: number;
  readonly lost: number;
  readonly wrong: number;
}

const bench: Bench = {
  title: 'DNS lookups that no cache can answer',
  about:
    'rbldnsd with a million entries on the loopback interface, half of the addresses asked are listed. CPU is that of the ' +
    'whole client process, user and system. Peers: c-ares as `node:dns` has it, and the UDP client of dns2. The medians of ' +
    `${rounds} rounds of ${each} lookups, the clients taking turns; lost and wrong are the sums of all rounds.`,
  async *run(): AsyncGenerator<BenchRow> {
    const list = Array.from({ length: entries }, (_, at) => address(at * 2));
    await using rbldnsd = await startRbldnsd({
      zones: [{ zone: 'bl.example', type: 'ip4set', data: [':127.0.0.2:listed', ...list, ''].join('\n') }],
    });
    const clients: Record<string, () => Client> = {
      own: () => postern(rbldnsd.server, ownCodec),
      onDns2: () => postern(rbldnsd.server, dns2Codec),
      cares: () => cares(rbldnsd.server),
      dns2: () => dns2(rbldnsd.port),
    };
    for (const concurrency of [1, 64, 1_000]) {
      const { own, onDns2, cares: theirs, dns2: other } = await measure(clients, concurrency);
      if (!own || !onDns2 || !theirs || !other) throw new Error('a client was not measured');
      const work = `${concurrency} at once`;
      yield row(`${work}, against c-ares: CPU a lookup`, own, theirs, concurrency > 1 ? 25 : undefined);
      yield row(`${work}, against dns2's client: CPU a lookup`, own, other);
      yield row(
        `${work}, on dns2's codec, against c-ares: CPU a lookup`,
        onDns2,
        theirs,
        concurrency > 1 ? 45 : undefined,
      );
      yield {
        work: `${work}: own codec against dns2's behind the same transport`,
        ours: cpu(own),
        peer: cpu(onDns2),
        ratio: `${(onDns2.cpu / own.cpu).toFixed(1)} ×`,
      };
      yield {
        work: `${work}: lost and wrong`,
        ours: `${own.lost + onDns2.lost} and ${own.wrong + onDns2.wrong} of ${2 * rounds * each}`,
        peer: `c-ares ${theirs.lost} and ${theirs.wrong}, dns2 ${other.lost} and ${other.wrong} of ${rounds * each} each`,
        ratio: '–',
        target: 'none',
        met: own.lost + own.wrong + onDns2.lost + onDns2.wrong === 0,
      };
    }
  },
};

export default bench;

function row(work: string, ours: Figures, peer: Figures, target?: number): BenchRow {
  const compared = { work, ours: cpu(ours), peer: cpu(peer), ratio: `${(peer.cpu / ours.cpu).toFixed(1)} ×` };
  return target === undefined ? compared : { ...compared, target: `≤ ${target} µs`, met: ours.cpu <= target };
}

function cpu({ cpu: microseconds, rate }: Figures): string {
  return `${microseconds.toFixed(1)} µs (${Math.round(rate / 1_000)}k/s)`;
}

async function measure(
  clients: Record<string, () => Client>,
  concurrency: number,
): Promise<Record<string, Figures>> {
  const samples = Object.entries(clients).map(([name, open]) => ({ name, open, rounds: [] as Figures[] }));
  // One round to warm up, which does not count.
  for (let round = -1; round < rounds; round++) {
    for (const { open, rounds: seen } of samples) {
      const client = open();
      const figures = await oneRound(client, concurrency, (round + 1) * each);
      await client.close();
      if (round >= 0) seen.push(figures);
    }
  }
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return Object.fromEntries(
    samples.map(({ name, rounds: seen }) => [
      name,
      {
        cpu: median(seen.map((one) => one.cpu)),
        rate: median(seen.map((one) => one.rate)),
        lost: sum(seen.map((one) => one.lost)),
        wrong: sum(seen.map((one) => one.wrong)),
      },
    ]),
  );
}

async function oneRound(client: Client, concurrency: number, from: number): Promise<Figures> {
  let [next, lost, wrong] = [0, 0, 0];
  const worker = async (): Promise<void> => {
    for (let at = next++; at < each; at = next++) {
      // Scattered over the whole list, never the same one twice.
      const entry = ((from + at) * 7_919) % (2 * entries);
      const verdict = await client.ask(`${address(entry).split('.').toReversed().join('.')}.bl.example`);
      if (verdict === 'lost') lost++;
      else if ((verdict === 'listed') !== (entry % 2 === 0)) wrong++;
    }
  };
  const before = process.cpuUsage();
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / each, rate: each / seconds, lost, wrong };
}

function address(at: number): string {
  return `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
}

function postern(server: string, codec: typeof ownCodec): Client {
  const resolver = createResolverOn(codec, { servers: [server], cache: false });
  return {
    async ask(name) {
      const { status } = await resolver.resolve(name, 'A');
      if (status === 'found') return 'listed';
      return status === 'nxdomain' ? 'clean' : 'lost';
    },
    close: () => resolver.close(),
  };
}

function cares(server: string): Client {
  const resolver = new CaresResolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([server]);
  return {
    async ask(name) {
      try {
        await resolver.resolve4(name);
        return 'listed';
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === 'ENOTFOUND' ? 'clean' : 'lost';
      }
    },
    close: () => resolver.cancel(),
  };
}

function dns2(port: number): Client {
  const resolve = UDPClient({ dns: '127.0.0.1', port, timeout: 2_000 });
  return {
    async ask(name) {
      try {
        const { answers, header } = await resolve(name, 'A');
        if (answers.length > 0) return 'listed';
        return header.rcode === Packet.RCODE.NXDOMAIN ? 'clean' : 'lost';
      } catch {
        return 'lost';
      }
    },
    close: () => {},
  };
}
