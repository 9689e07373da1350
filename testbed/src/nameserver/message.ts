import { isIPv4 } from 'node:net';
import type { Answer } from './world.ts';

/** The wire format of DNS (RFC 1035), as much of it as a test server needs: one question in, answers without compression out. */

const typeCodes: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
};
const responseCodes: Readonly<Record<string, number>> = { servfail: 2, nxdomain: 3, refused: 5 };
const ttl = 60;

export interface Question {
  readonly name: string;
  /** A name for the types that the server knows, else `TYPE64`. */
  readonly type: string;
}

/** The question of a query, or undefined when the bytes are none. */
export function readQuestion(query: Buffer): Question | undefined {
  if (query.length < 12 || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (let length: number | undefined; (length = query[at]) !== 0; at += length + 1) {
    if (length === undefined || length > 63 || at + length + 5 > query.length) return undefined;
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
  }
  const code = query.readUInt16BE(at + 1);
  const type = Object.keys(typeCodes).find((name) => typeCodes[name] === code) ?? `TYPE${code}`;
  return { name: labels.join('.'), type };
}

/** The response to a query. A negative one carries a SOA, so that it may be cached. */
export function writeResponse(query: Buffer, { name }: Question, answer: Answer): Buffer {
  const question = query.subarray(12, 12 + encodeName(name).length + 4);
  const found =
    answer.status === 'found'
      ? answer.records.map(([owner, type, data]) => encodeRecord(owner, type, data))
      : [];
  const negative = answer.status === 'nodata' || answer.status === 'nxdomain';
  const authority = negative ? [encodeRecord(name.split('.').slice(-2).join('.'), 'SOA', undefined)] : [];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // A response, authoritative, recursion as desired and available.
  header.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100) | (responseCodes[answer.status] ?? 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(found.length, 6);
  header.writeUInt16BE(authority.length, 8);
  return Buffer.concat([header, question, ...found, ...authority]);
}

/** The same response without its records, which sends the client to TCP. */
export function truncate(response: Buffer, question: Question): Buffer {
  const short = Buffer.from(response.subarray(0, 12 + encodeName(question.name).length + 4));
  short.writeUInt16BE(short.readUInt16BE(2) | 0x0200, 2);
  short.fill(0, 6, 12);
  return short;
}

function encodeRecord(owner: string, type: string, data: unknown): Buffer {
  const value = encodeData(type, data);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(typeCodes[type]!, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(value.length, 8);
  return Buffer.concat([encodeName(owner), head, value]);
}

function encodeData(type: string, data: unknown): Buffer {
  switch (type) {
    case 'A':
      return Buffer.from((data as string).split('.').map(Number));
    case 'AAAA':
      return encodeIPv6(data as string);
    case 'MX': {
      const { preference, exchange } = data as { preference: number; exchange: string };
      return Buffer.concat([Buffer.from([preference >> 8, preference & 255]), encodeName(exchange)]);
    }
    case 'TXT':
      return Buffer.concat(
        (data as string[]).map((text) =>
          Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]),
        ),
      );
    case 'SOA': {
      const numbers = Buffer.alloc(20);
      for (const [index, number] of [1, 3600, 600, 86_400, ttl].entries())
        numbers.writeUInt32BE(number, index * 4);
      return Buffer.concat([encodeName('ns.invalid'), encodeName('hostmaster.invalid'), numbers]);
    }
    default:
      return encodeName(data as string);
  }
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
}

function encodeIPv6(address: string): Buffer {
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => (isIPv4(group) ? pairs(group) : [Number.parseInt(group, 16)]));
  const [head = '', tail] = address.split('::');
  const [front, back] = [groups(head), groups(tail ?? '')];
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}

function pairs(ipv4: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
