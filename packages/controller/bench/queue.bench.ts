import { fileURLToPath } from 'node:url';
import type { KnownMessage } from '@postern/controller';
import { median, missing, type Bench, type BenchRow } from '@postern/testbed';
import { fill, startQueueStage, type QueueStage } from '../test/queue/full-queue.ts';

const messages = 50_000;
const deleted = 30_000;
const rounds = 5;

const bench: Bench = {
  title: 'A queue of 50,000 messages',
  about:
    'A queue that smtp-source has filled over SMTP and Postfix has put off, in a namespace of its own, on tmpfs; a process of its own for each call of ours. ' +
    "The peers are Postfix's own programs on the same queue in the same run: `postqueue -j` into a pipe " +
    'that is read and thrown away, and `postsuper -d -` with the ids on standard input. Ours summarises every message; and it looks ' +
    'at each message again before it is deleted, keeps it for an undo, and reads what postsuper says.',
  async *run(): AsyncIterable<BenchRow> {
    const reason = missing('root', 'namespaces', 'sshd', 'sudo', 'postfix', 'smtp-source');
    if (reason) throw new Error(reason);
    const stage = await startQueueStage();
    try {
      await fill(stage, messages);
      yield* rows(stage);
    } finally {
      await stage[Symbol.asyncDispose]();
    }
  },
};

export default bench;

async function* rows(stage: QueueStage): AsyncIterable<BenchRow> {
  const listing = { ours: [] as number[], peer: [] as number[], memory: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const peer = await timed(() =>
      stage.lab.run('sh', ['-c', 'postqueue -j | cat >/dev/null'], { timeout: 120_000 }),
    );
    const ours = await inOwnProcess(stage, 'summary');
    if (round === 0) continue; // It warms the cache of files.
    listing.peer.push(peer);
    listing.ours.push(ours.milliseconds);
    listing.memory.push(ours.megabytes);
  }
  yield ratio('50,000 listed and summarised', median(listing.ours), 'postqueue -j', median(listing.peer));
  const memory = Math.max(...listing.memory);
  yield {
    work: 'memory of the process that does it, at its peak',
    ours: `${Math.round(memory)} MB`,
    peer: '–',
    ratio: '–',
    target: '< 150 MB',
    met: memory < 150,
  };

  const deleting = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    // Both delete the same messages, which an undo brings back each time.
    const chosen: KnownMessage[] = [];
    for await (const { id, arrived, size, queue } of stage.host.queue.list()) {
      if (chosen.length < deleted) chosen.push({ id, arrived, size, queue });
    }
    const ours = await inOwnProcess(stage, 'delete', chosen);
    const last = (await stage.host.queue.history()).at(-1)!;
    await stage.host.queue.undo(last.id);
    await stage.lab.run('sh', ['-c', 'cp -al /var/spool/postfix/deferred /var/spool/postfix/kept'], {
      timeout: 120_000,
    });
    const peer = await timed(() =>
      stage.lab.run('postsuper', ['-d', '-'], {
        stdin: chosen.map(({ id }) => `${id}\n`).join(''),
        timeout: 120_000,
      }),
    );
    await stage.lab.run(
      'sh',
      [
        '-c',
        'cp -al -n /var/spool/postfix/kept/. /var/spool/postfix/deferred/; rm -rf /var/spool/postfix/kept',
      ],
      { timeout: 120_000 },
    );
    if (round === 0) continue;
    deleting.ours.push(ours.milliseconds);
    deleting.peer.push(peer);
  }
  yield ratio('30,000 deleted', median(deleting.ours), 'postsuper -d -', median(deleting.peer));
}

function ratio(work: string, ours: number, name: string, peer: number): BenchRow {
  const value = ours / peer;
  return {
    work,
    ours: `${Math.round(ours)} ms`,
    peer: `${name} ${Math.round(peer)} ms`,
    ratio: `${value.toFixed(2)} ×`,
    target: '≤ 1.3 ×',
    met: value <= 1.3,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** One call in a process of its own in the lab, that does nothing else, so that its memory is its own. */
async function inOwnProcess(
  { lab }: QueueStage,
  call: 'summary' | 'delete',
  known: readonly KnownMessage[] = [],
): Promise<{ milliseconds: number; megabytes: number }> {
  const script = fileURLToPath(new URL('./queue-worker.ts', import.meta.url));
  const args = ['--conditions=@postern/source', script, call];
  const { status, stdout, stderr } = await lab.run(process.execPath, args, {
    stdin: JSON.stringify(known),
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { milliseconds: number; megabytes: number };
}
