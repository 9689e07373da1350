/**
 * Opens TCP connections inside a lab for the test process outside of it.
 *
 *     node relay.ts SOCKET
 *
 * A client writes the line `SOURCE TARGET PORT` (SOURCE may be `-`: any) and gets the line `ok`, or `error CODE`;
 * from then on bytes go both ways. It ends when its standard input ends, which is when the test process does.
 */
import { connect, createServer, type Socket } from 'node:net';
import { firstLine } from './first-line.ts';

const path = process.argv[2]!;

async function serve(client: Socket): Promise<void> {
  client.on('error', () => client.destroy());
  const [source, host = '', port] = (await firstLine(client)).split(' ');
  const target = connect({
    host,
    port: Number(port),
    noDelay: true,
    allowHalfOpen: true,
    ...(source === '-' ? {} : { localAddress: source }),
  });
  target.once('connect', () => {
    client.write('ok\n');
    client.pipe(target);
    target.pipe(client);
  });
  target.on('error', (error: NodeJS.ErrnoException) => {
    if (target.connecting || target.readyState !== 'open')
      client.end(`error ${error.code ?? error.message}\n`);
    client.destroySoon();
  });
  client.once('close', () => target.destroy());
}

createServer({ allowHalfOpen: true }, (client) => void serve(client).catch(() => client.destroy())).listen(
  path,
  () => process.stdout.write('ready\n'),
);
process.stdin.resume().once('end', () => process.exit());
