import { encodeQuery } from '../src/wire/query.ts';
import type { Question } from '../src/wire/message.ts';

/** A message made to be slow to read, with a header and a question that pass every check. */
export interface HostileMessage {
  readonly bytes: Buffer;
  readonly question: Question;
  /** Whether it breaks the format; if not it must be read in good time. */
  readonly refused: boolean;
}

const question: Question = { name: 'victim.example', type: 'MX' };

/** A response to the question with so many answers, and the bytes of them. */
function response(answers: number, ...parts: readonly (readonly number[] | Buffer)[]): Buffer {
  const { packet, questionEnd } = encodeQuery(question, 1, false);
  const head = Buffer.from(packet.subarray(0, questionEnd));
  head[2] = 0x81;
  head.writeUInt16BE(answers, 6);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, ...parts.map((part) => Buffer.from(part))]);
}

/** The first byte after the question. */
const body = encodeQuery(question, 1, false).questionEnd;

const pointer = (to: number): number[] => [0xc0 | (to >> 8), to & 0xff];

/** Type, class, TTL and length of an MX record. */
const fixed = (length: number): number[] => [0, 15, 0, 1, 0, 0, 1, 44, length >> 8, length & 0xff];

/** A name of 127 labels, as long as names get, ready to be pointed at. */
const longName = [...Array.from({ length: 127 }, () => [1, 0x61]).flat(), 0];

/** As many records as fit, each with an owner that points to the long name. */
function manyLongNames(size: number): Buffer {
  const first = [...longName, ...fixed(4), 0, 1, ...pointer(body)];
  const each = [...pointer(body), ...fixed(4), 0, 1, ...pointer(body)];
  const count = Math.floor((size - body - first.length) / each.length);
  return response(count + 1, first, ...Array.from({ length: count }, () => each));
}

/** Pointers to pointers, each one step back, and records that begin at the far end of the chain. */
function pointerChain(size: number): Buffer {
  const links = Math.min(Math.floor((size - body) / 4), 8_000);
  // The chain lies in the data of a record of another type, where nobody looks until it is pointed at.
  const data = body + 11;
  const chain = Array.from({ length: links }, (_, at) =>
    at === 0 ? [0, 0] : pointer(data + (at - 1) * 2),
  ).flat();
  const carrier = [0, 0, 16, 0, 1, 0, 0, 0, 0, chain.length >> 8, chain.length & 0xff, ...chain];
  const each = [...pointer(data + (links - 1) * 2), ...fixed(4), 0, 1, ...pointer(data + (links - 1) * 2)];
  const count = Math.floor((size - body - carrier.length) / each.length);
  return response(count + 1, carrier, ...Array.from({ length: count }, () => each));
}

/** Owners that share no pointer target: each begins one label further into long names. */
function differentSuffixes(size: number): Buffer {
  const names = Array.from({ length: 64 }, () => longName).flat();
  const data = body + 11;
  const carrier = [0, 0, 16, 0, 1, 0, 0, 0, 0, names.length >> 8, names.length & 0xff, ...names];
  const count = Math.floor((size - body - carrier.length) / 16);
  const records = Array.from({ length: count }, (_, at) => {
    const target = data + ((at * 2) % (names.length - 2));
    return [...pointer(target), ...fixed(4), 0, 1, ...pointer(target)];
  });
  return response(count + 1, carrier, ...records);
}

const full = 65_535;

/** Each kind that makes a careless reader loop, recurse or crawl. */
export const hostileMessages: Readonly<Record<string, HostileMessage>> = {
  'a pointer to itself': { bytes: response(1, pointer(body), fixed(3), [0, 1, 0]), question, refused: true },
  'two pointers to each other': {
    bytes: response(1, fixed(0).fill(0), pointer(body + 14), fixed(3), pointer(body + 10)),
    question,
    refused: true,
  },
  'a pointer forwards': {
    bytes: response(1, pointer(body + 12), fixed(3), [0, 1, 0]),
    question,
    refused: true,
  },
  'a pointer into the header': {
    bytes: response(1, pointer(2), fixed(3), [0, 1, 0]),
    question,
    refused: true,
  },
  'a name longer than 255 bytes': {
    bytes: response(1, [1, 0x61, ...longName], fixed(3), [0, 1, 0]),
    question,
    refused: true,
  },
  'more records announced than there are': {
    bytes: response(65_535, pointer(12), fixed(3), [0, 1, 0]),
    question,
    refused: true,
  },
  'data longer than the message': {
    bytes: response(1, pointer(12), fixed(4_000), [0, 1, 0]),
    question,
    refused: true,
  },
  'an exchange that ends outside its record': {
    bytes: response(1, pointer(12), fixed(3), [0, 1, 1, 0x61, 0]),
    question,
    refused: true,
  },
  '1232 bytes of long names': { bytes: manyLongNames(1_232), question, refused: false },
  '64 KB of long names': { bytes: manyLongNames(full), question, refused: true },
  '4 KB of pointers to pointers': { bytes: pointerChain(4_096), question, refused: false },
  '64 KB of pointers to pointers': { bytes: pointerChain(full), question, refused: true },
  '64 KB of ever different suffixes': { bytes: differentSuffixes(full), question, refused: true },
  '64 KB of the smallest records': {
    bytes: response(5_900, ...Array.from({ length: 5_900 }, () => [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])),
    question,
    refused: false,
  },
};
