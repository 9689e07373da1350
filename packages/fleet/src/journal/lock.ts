import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { FleetError } from '../error.ts';

/**
 * Who has a journal: a name in the kernel that goes when its process does, however that ends. At that name a rollout can
 * be asked to pause by whoever can read the journal, for they know its id:
 *
 *     → pause 20260131T120000Z-1a2b3c4d        ← pausing … the end, once no host is under way any more
 */
export interface JournalLock {
  close(): Promise<void>;
}

/**
 * Takes the journal for this process; on Linux alone, elsewhere nobody is kept out and nobody is heard.
 *
 * @param rollout  the id of the rollout that is written down
 * @throws FleetError `in-use`
 */
export async function lockJournal(
  file: string,
  rollout: () => Promise<string | undefined>,
  onPause: () => void,
): Promise<JournalLock | undefined> {
  if (process.platform !== 'linux') return undefined;
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket.unref());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => waiting.delete(socket));
    void firstLine(socket).then(async (line) => {
      const id = await rollout().catch(() => undefined);
      if (id === undefined || line !== `pause ${id}`) return socket.destroy();
      socket.setTimeout(0);
      socket.write('pausing\n');
      onPause();
    });
  }).unref();
  server.listen(await nameOf(file));
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new FleetError(
      'in-use',
      `${file}: another process is at this rollout. Wait for it, or stop it and resume here.`,
    );
  }
  return {
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of waiting) socket.end(() => socket.destroy());
      await closed;
    },
  };
}

/**
 * Asks the process that has a journal to pause, and waits until it has let go of it.
 *
 * @returns whether somebody was there and heard it
 */
export async function askToPause(file: string, rollout: string, signal?: AbortSignal): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  signal?.throwIfAborted();
  const socket = connect(await nameOf(file));
  const abort = (): void => void socket.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  let heard = '';
  socket.on('data', (chunk) => (heard += String(chunk)));
  socket.on('error', () => socket.destroy()); // Nobody has that name.
  socket.write(`pause ${rollout}\n`);
  await new Promise<void>((done) => socket.once('close', () => done()));
  signal?.removeEventListener('abort', abort);
  signal?.throwIfAborted();
  return heard.startsWith('pausing');
}

async function nameOf(file: string): Promise<string> {
  const path = join(await realpath(dirname(file)), basename(file));
  return `\0postern-fleet-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
}

/** What a client says first; empty when it says nothing short within five seconds. */
function firstLine(socket: Socket): Promise<string> {
  return new Promise((done) => {
    let text = '';
    socket.setTimeout(5000, () => {
      done('');
      socket.destroy();
    });
    socket.once('close', () => done(''));
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('\n') || text.length > 200) done(text.split('\n', 1)[0]!);
    });
  });
}
