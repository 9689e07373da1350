import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, missing, type Bench, type BenchRow } from '@postern/testbed';
import { openClient, overStreams, rateOf, type Client } from './client.ts';
import { nextRequest, resident, residentMemory, startScene, type Scene } from './scene.ts';

const clients = 10;
const connections = 1000;
const processes = 100;
/** Requests a second over all the open connections. */
const load = 500;

const bench: Bench = {
  title: 'A resident policy server',
  about:
    `SPF of the HELO name and of the sender for each message; the same Unbound on loopback, the same settings ` +
    `(\`postern policy import\`), 50 domains whose record passes. The peer is Debian's policyd-spf: under Postfix's own spawn(8), ` +
    `a process for each connection, and as one process that is kept, asked on its standard input, where it can answer one client at a time. ${clients} clients of ours; ours ` +
    `and the peer in turn after two seconds to warm up, medians of three. Ours runs with its DNS cache, as it does by default, and with the options of Node that the systemd unit gives it. ` +
    `The latency is at ${load} requests a second over all open connections, at random, after three seconds of the same.`,
  async *run(): AsyncGenerator<BenchRow> {
    const reason = missing('root', 'namespaces', 'postfix', 'unbound', 'policyd-spf');
    if (reason) throw new Error(reason);
    await using scene = await startScene();
    yield await oneRequestEach(scene);
    yield* keptConnections(scene);
    yield* manyConnections(scene);
  },
};
export default bench;

async function oneRequestEach({ sockets }: Scene): Promise<BenchRow> {
  const work = (path: string) => async (): Promise<void> => {
    const client = await openClient(path);
    check(await client.ask(nextRequest()));
    client.close();
  };
  const ten = (path: string) => Array.from({ length: clients }, () => work(path));
  await rateOf(ten(sockets.ours), 1000);
  const { ours, peer } = await inTurn(
    () => rateOf(ten(sockets.ours), 2000),
    () => rateOf(ten(sockets.spawned), 5000),
  );
  return row('one request a connection, against policyd-spf under spawn(8)', ours, peer, 100);
}

async function* keptConnections({ lab, sockets }: Scene): AsyncGenerator<BenchRow> {
  const own = await Promise.all(Array.from({ length: clients }, () => openClient(sockets.ours)));
  await using peer = await startResident(lab);
  const all = (each: readonly Client[]) =>
    each.map((client) => async () => check(await client.ask(nextRequest())));
  const many = Array.from({ length: clients }, () => peer.client);
  await Promise.all([rateOf(all(own), 2000), rateOf(all([peer.client]), 2000)]);
  for (const [its, work] of [
    [[peer.client], 'kept connections, against one policyd-spf that is kept'],
    [many, 'the same, with ten questions under way to policyd-spf, which smtpd would not do'],
  ] as const) {
    const rates = await inTurn(
      () => rateOf(all(own), 2000),
      () => rateOf(all(its), 2000),
    );
    const figures = row(work, rates.ours, rates.peer, 5);
    yield its === many ? { work, ours: figures.ours, peer: figures.peer, ratio: figures.ratio } : figures;
  }
  for (const client of own) client.close();
}

async function* manyConnections({ lab, sockets, pid }: Scene): AsyncGenerator<BenchRow> {
  const open = await openMany(sockets.ours, connections);
  for (const client of open) check(await client.ask(nextRequest()));
  // What opening a thousand connections leaves behind in both processes is not what is measured.
  await steadyLoad(open, 3);
  const latencies = await steadyLoad(open, 10);
  const p99 = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)]!;
  const memory = residentMemory(pid);
  yield {
    work: `p99 at ${connections.toLocaleString('en')} open connections`,
    ours: `${p99.toFixed(1)} ms (p50 ${median(latencies).toFixed(1)} ms)`,
    peer: '–',
    ratio: '–',
    target: '< 20 ms',
    met: p99 < 20,
  };
  for (const client of open) client.close();

  const spawned = await openMany(sockets.spawned, processes);
  await Promise.all(spawned.map((client) => client.ask(nextRequest())));
  const { stdout } = await lab.run('sh', [
    '-c',
    'for p in /proc/[0-9]*; do grep -qa ^/usr/bin/python3 $p/cmdline && grep VmRSS $p/status; done 2>/dev/null',
  ]);
  const sizes = [...stdout.matchAll(/VmRSS:\s+(\d+) kB/g)].map(([, size]) => Number(size) / 1024);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  for (const client of spawned) client.close();
  yield {
    work: `memory at ${connections.toLocaleString('en')} connections, against ${processes} spawned policyd-spf`,
    ours: `${Math.round(memory)} MB`,
    peer: `${Math.round(all).toLocaleString('en')} MB in ${sizes.length} processes`,
    ratio: `${(all / memory).toFixed(1)} × less with a tenth of the connections there`,
    target: '< 200 MB',
    met: memory < 200,
  };
}

/** Asks at the steady rate, over connections chosen at random. @returns how long each answer took, in ms */
async function steadyLoad(open: readonly Client[], seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const start = performance.now();
  for (let sent = 0; sent < load * seconds; sent++) {
    const wait = start + (sent * 1000) / load - performance.now();
    if (wait > 1) await sleep(wait);
    const asked = performance.now();
    const client = open[Math.floor(Math.random() * open.length)]!;
    pending.push(client.ask(nextRequest()).then(() => void latencies.push(performance.now() - asked)));
  }
  await Promise.all(pending);
  return latencies;
}

async function openMany(path: string, count: number): Promise<Client[]> {
  const all: Client[] = [];
  while (all.length < count) {
    all.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(50, count - all.length) }, () => openClient(path)),
      )),
    );
  }
  return all;
}

async function startResident(lab: Scene['lab']): Promise<AsyncDisposable & { readonly client: Client }> {
  const [program, args] = resident;
  // The lab's own `run` has no open standard input; its first process is in the path of its files.
  const [, pid] = /^\/proc\/(\d+)\//.exec(lab.path('/'))!;
  const enter = [`--target=${pid}`, '--net', '--mount', '--uts', '--'];
  const child = spawn('nsenter', [...enter, program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const client = overStreams(child.stdout, child.stdin, () => void child.stdin.end());
  return {
    client,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      client.close();
      await gone;
    },
  };
}

/** Every answer has to be the header of a pass: a figure for wrong answers would be none. */
function check(answer: string): void {
  if (!/^action=prepend Received-SPF: pass/i.test(answer)) throw new Error(`unexpected answer: ${answer}`);
}

async function inTurn(
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<{ ours: number; peer: number }> {
  const rates = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < 3; round++) {
    rates.ours.push(await ours());
    rates.peer.push(await peer());
  }
  return { ours: median(rates.ours), peer: median(rates.peer) };
}

function row(work: string, ours: number, peer: number, factor: number): BenchRow {
  return {
    work,
    ours: `${Math.round(ours).toLocaleString('en')}/s`,
    peer: `${peer < 100 ? peer.toFixed(1) : Math.round(peer).toLocaleString('en')}/s`,
    ratio: `${(ours / peer).toFixed(1)} ×`,
    target: `≥ ${factor} ×`,
    met: ours >= factor * peer,
  };
}
