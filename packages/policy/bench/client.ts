import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** One end of a policy connection: a question, and its answer. */
export interface Client {
  ask(request: string): Promise<string>;
  close(): void;
}

/** Opens a connection to a unix socket. */
export async function openClient(path: string): Promise<Client> {
  const socket = connect(path);
  await once(socket, 'connect');
  return overStreams(socket, socket, () => void socket.destroy());
}

/** A client over two streams; questions may be asked before earlier ones are answered. */
export function overStreams(readable: Readable, writable: Writable, close: () => void): Client {
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  let rest = '';
  readable.setEncoding('utf8');
  readable.on('data', (text: string) => {
    const parts = (rest + text).split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) waiting.shift()?.resolve(part);
  });
  // spawn(8) resets connections of processes that it ends; the close that follows tells whoever still waits.
  readable.on('error', () => {});
  readable.on('close', () => {
    for (const each of waiting.splice(0)) each.reject(new Error('the connection was closed'));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        writable.write(request);
      }),
    close,
  };
}

/**
 * Lets clients work for some time, each as fast as it can.
 *
 * @returns pieces of work done a second
 */
export async function rateOf(
  clients: readonly (() => Promise<void>)[],
  milliseconds: number,
): Promise<number> {
  const start = performance.now();
  let done = 0;
  await Promise.all(
    clients.map(async (work) => {
      while (performance.now() - start < milliseconds) {
        await work();
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - start);
}
