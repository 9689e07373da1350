/**
 * Answers DNS by UDP and TCP out of a JSON file, which it reads again on SIGHUP.
 *
 *     node serve.ts ADDRESS PORT WORLD.json
 *
 * It prints `serving` when it has (newly) read the file, and each question as `NAME TYPE`.
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { readQuestion, truncate, writeResponse } from './message.ts';
import { answer, type DnsWorld } from './world.ts';

const [address = '', port = '', file = ''] = process.argv.slice(2);
let world: DnsWorld = {};

function load(): void {
  world = JSON.parse(readFileSync(file, 'utf8')) as DnsWorld;
  process.stdout.write('serving\n');
}

/** The response, or undefined for silence. */
function respond(query: Buffer, most: number): Buffer | undefined {
  const question = readQuestion(query);
  if (!question) return undefined;
  process.stdout.write(`${question.name} ${question.type}\n`);
  const found = answer(world, question.name, question.type);
  if (found.status === 'timeout') return undefined;
  const response = writeResponse(query, question, found);
  return response.length > most ? truncate(response, question) : response;
}

const udp = createSocket('udp4', (query, from) => {
  const response = respond(query, 512);
  if (response) udp.send(response, from.port, from.address);
});
const tcp = createServer((socket) => {
  let received = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const response = respond(received.subarray(2, end), 65_535);
      received = received.subarray(end);
      if (!response) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(response.length, 0);
      socket.write(Buffer.concat([length, response]));
    }
  });
});
process.on('SIGHUP', load);
tcp.listen(Number(port), address, () => udp.bind(Number(port), address, load));
