import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** A connection as over a very long line, which counts how often its owner has to wait for the other side. */
export interface LongLine {
  readonly stream: Duplex;
  /** From now on what the other side says is held back until it has fallen silent, and then comes all at once. */
  lengthen(): void;
  /** How often something has come since. */
  roundTrips(): number;
}

/**
 * Counts round trips on the wire. Whatever needs no answer from here comes with one delivery; what could only be said
 * after the last delivery was read comes with the next.
 *
 * @param silence  milliseconds after which the other side is taken to have said all it can
 */
export function longLine(socket: Socket, silence: number): LongLine {
  let isLong = false;
  let deliveries = 0;
  let held: Buffer[] = [];
  let timer: NodeJS.Timeout | undefined;
  const deliver = (): void => {
    if (held.length === 0) return;
    deliveries++;
    const chunks = held;
    held = [];
    stream.push(Buffer.concat(chunks));
  };
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      socket.write(chunk, done);
    },
    final(done) {
      socket.end(done);
    },
    destroy(error, done) {
      clearTimeout(timer);
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    if (!isLong) return void stream.push(chunk);
    held.push(chunk);
    clearTimeout(timer);
    timer = setTimeout(deliver, silence);
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', (error) => stream.destroy(error));
  socket.on('close', () => stream.destroy());
  return {
    stream,
    lengthen: () => void ((isLong = true), (deliveries = 0)),
    roundTrips: () => deliveries,
  };
}
