import { Packet, type Resource } from 'dns2';
import * as fc from 'fast-check';
import { encodeQuery } from '../../src/wire/query.ts';
import { typeCodes, type Query, type Question } from '../../src/wire/message.ts';
import type { RecordType } from '../../src/index.ts';

const label = fc.constantFrom('a', 'bc', 'example', 'com', 'mx', 'w-1', 'X', '_dmarc');
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
// Far from 2^31 - 1, which dns2 also makes of everything above.
const seconds = fc.oneof(fc.constant(300), fc.nat(2 ** 30));
const uint8 = fc.nat(255);
const uint16 = fc.nat(65_535);

const datas: { readonly [T in RecordType]: fc.Arbitrary<object> } = {
  A: fc.ipV4().map((address) => ({ address })),
  AAAA: fc
    .array(uint16, { minLength: 8, maxLength: 8 })
    .map((groups) => ({ address: groups.map((group) => group.toString(16)).join(':') })),
  PTR: name.map((domain) => ({ domain })),
  CNAME: name.map((domain) => ({ domain })),
  NS: name.map((ns) => ({ ns })),
  MX: fc.record({ priority: uint16, exchange: name }),
  TXT: fc.array(fc.stringMatching(/^[ -~]{0,40}$/), { minLength: 1, maxLength: 3 }).map((data) => ({ data })),
  SOA: fc.record({
    primary: name,
    admin: name,
    serial: seconds,
    refresh: seconds,
    retry: seconds,
    expiration: seconds,
    minimum: seconds,
  }),
  TLSA: fc.uint8Array({ minLength: 3, maxLength: 40 }).map((bytes) => ({ data: Buffer.from(bytes) })),
  CAA: fc.record({
    flags: uint8,
    tag: fc.constantFrom('issue', 'iodef'),
    value: fc.stringMatching(/^[ -~]{0,20}$/),
  }),
};

const types = Object.keys(datas) as RecordType[];

function record(owner: fc.Arbitrary<string>, type: RecordType): fc.Arbitrary<Resource> {
  return fc
    .tuple(owner, seconds, datas[type])
    .map(([at, ttl, data]) => ({ name: at, type: typeCodes[type], class: 1, ttl, ...data }) as Resource);
}

export interface AnsweredQuestion {
  readonly question: Question;
  readonly query: Query;
  readonly bytes: Buffer;
}

/** Sound answers to questions of every type, as dns2 writes them: with compression, aliases, an SOA, EDNS. */
export const soundAnswer: fc.Arbitrary<AnsweredQuestion> = fc.constantFrom(...types).chain((type) =>
  name.chain((asked) => {
    const owner = fc.oneof(fc.constant(asked), name);
    return fc
      .record({
        answers: fc.array(fc.oneof(record(owner, type), record(owner, 'CNAME'), record(owner, 'A')), {
          maxLength: 5,
        }),
        authorities: fc.array(fc.oneof(record(name, 'SOA'), record(name, 'NS')), { maxLength: 2 }),
        rcode: fc.constantFrom(0, 0, 2, 3, 5),
        edns: fc.boolean(),
        tc: fc.constantFrom<0 | 1>(0, 0, 0, 1),
        ad: fc.constantFrom(0, 1),
      })
      .map(({ answers, authorities, rcode, edns, tc, ad }) => {
        const question = { name: asked.toLowerCase(), type };
        const packet = new Packet();
        const query = encodeQuery(question, 7, false);
        // Its types do not tell of the bit.
        packet.header = Object.assign(new Packet.Header({ id: query.id, qr: 1, rd: 1, ra: 1, rcode, tc }), {
          ad,
        });
        packet.questions = Packet.parse(query.packet).questions;
        packet.answers = answers;
        packet.authorities = authorities;
        packet.additionals = edns ? [Packet.Resource.EDNS([], {})] : [];
        return { question, query, bytes: packet.toBuffer() };
      });
  }),
);

/** Spoils a packet in one to four of the ways in which packets go wrong, then puts back what the guard insists on. */
export function spoil(
  { bytes: sound, query: { packet, questionEnd } }: AnsweredQuestion,
  random: () => number,
): Buffer {
  const spoiled = spoilAnywhere(Buffer.from(sound), random);
  spoiled.writeUInt16BE(1, 4);
  packet.copy(spoiled, 12, 12, questionEnd);
  return spoiled;
}

function spoilAnywhere(sound: Buffer, random: () => number): Buffer {
  let bytes = sound;
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--) {
    const at = Math.floor(random() * bytes.length);
    const way = Math.floor(random() * 7);
    if (bytes.length < 13) return bytes;
    if (way === 0) bytes[at]! ^= 1 << Math.floor(random() * 8);
    else if (way === 1) bytes[at] = Math.floor(random() * 256);
    else if (way === 2) bytes = bytes.subarray(0, Math.max(at, 12));
    else if (way === 3)
      bytes.writeUInt16BE(0xc000 | Math.floor(random() * bytes.length), Math.min(at, bytes.length - 2));
    else if (way === 4) bytes[4 + (at % 8)] = Math.floor(random() * 4);
    else if (way === 5) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 8))]);
    else bytes[at] = [0, 63, 64, 128, 191, 192, 255][Math.floor(random() * 7)]!;
  }
  return bytes;
}
