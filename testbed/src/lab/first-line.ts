import type { Socket } from 'node:net';

/**
 * Takes the first line off a stream and leaves the rest to whoever reads it next.
 *
 * @returns the line without its newline
 * @throws Error when the stream ends before a newline
 */
export function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = Buffer.alloc(0);
    const done = (): void => {
      socket.off('readable', read).off('end', ended).off('error', reject);
    };
    const ended = (): void => {
      done();
      reject(new Error(`the connection ended after ${JSON.stringify(text.toString())}`));
    };
    const read = (): void => {
      for (let chunk: Buffer | null; (chunk = socket.read() as Buffer | null) !== null;) {
        text = Buffer.concat([text, chunk]);
        const end = text.indexOf(10);
        if (end === -1) continue;
        done();
        if (end + 1 < text.length) socket.unshift(text.subarray(end + 1));
        resolve(text.toString('utf8', 0, end));
        return;
      }
    };
    socket.on('readable', read).on('end', ended).on('error', reject);
  });
}
