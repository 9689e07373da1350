/**
 * A simulated day of traffic: node --conditions=@postern/source --expose-gc packages/policy/bench/soak.ts
 *
 * A message a second over real sockets, with a clock that runs as fast as the server answers. Prints the heap after each
 * simulated hour, and fails when it still grows in the second half of the day.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { fixtureResolver } from '@postern/dns';
import {
  createPolicyServer,
  greylistHandler,
  memoryCounters,
  memoryGreylist,
  rateLimitHandler,
  spfHandler,
} from '../src/index.ts';
import { overStreams } from './client.ts';

const hours = Number(process.argv[2] ?? 24);
const messagesAnHour = 3600;
const connections = 50;
/** Megabytes by which the heap may differ between the middle and the end of the day. */
const slack = 8;

let time = 1_800_000_000_000;
const now = (): number => time;
const domain = { TXT: [['v=spf1 ip4:192.0.2.0/24 -all']] };
const resolver = fixtureResolver(
  Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`d${index}.example`, domain])),
);
await using server = createPolicyServer({
  handlers: [
    spfHandler({ resolver, receiver: 'mx.test' }),
    rateLimitHandler({
      counters: memoryCounters({ now }),
      limits: [
        { per: 'client', count: 'messages', limit: 100, window: 3600 },
        { per: 'sender-domain', count: 'recipients', limit: 1000, window: 3600 },
      ],
    }),
    greylistHandler({ store: memoryGreylist({ now }), now, retryWindow: 7200, maxAge: 4 * 3600 }),
  ],
});
const address = await server.listen({ type: 'tcp', host: '127.0.0.1', port: 0 });
const clients = await Promise.all(
  Array.from({ length: connections }, async () => {
    const socket = connect(address.type === 'tcp' ? address.port : 0, '127.0.0.1');
    await once(socket, 'connect');
    return overStreams(socket, socket, () => void socket.destroy());
  }),
);

const heap: number[] = [];
let message = 0;
for (let hour = 0; hour < hours; hour++) {
  for (let sent = 0; sent < messagesAnHour; sent += connections) {
    time += connections * 1000;
    await Promise.all(clients.map((client) => deliver(client, message++)));
  }
  globalThis.gc?.();
  heap.push(process.memoryUsage().heapUsed / 1e6);
  console.log(`hour ${hour + 1}: ${heap.at(-1)!.toFixed(1)} MB of heap`);
}
for (const client of clients) client.close();
const growth = heap.at(-1)! - heap[Math.floor(hours / 2) - 1]!;
console.log(`${message.toLocaleString('en')} messages; ${growth.toFixed(1)} MB more than at noon`);
process.exitCode = growth <= slack ? 0 : 1;

/** A message as smtpd asks about it: one to three recipients, and the end of the data. */
async function deliver(client: (typeof clients)[number], number: number): Promise<void> {
  const common =
    `request=smtpd_access_policy\nclient_address=192.0.${number % 200}.${(number * 31) % 250}\n` +
    `helo_name=d${number % 500}.example\nsender=info${number % 9000}@d${(number * 7) % 500}.example\ninstance=s.${number}\n`;
  const recipients = 1 + (number % 3);
  for (let each = 0; each < recipients; each++)
    await client.ask(`${common}protocol_state=RCPT\nrecipient=r${(number + each) % 4000}@example.org\n\n`);
  await client.ask(`${common}protocol_state=END-OF-MESSAGE\nrecipient_count=${recipients}\n\n`);
}
