import * as fc from 'fast-check';
import { seededRandom } from '@postern/testbed';
import { describe, expect, it } from 'vitest';
import { dns2Codec } from '../../bench/dns2-codec.ts';
import { hostileMessages } from '../../bench/hostile-messages.ts';
import { interpret } from '../../src/wire/interpret.ts';
import { encodeQuery } from '../../src/wire/query.ts';
import type { Message } from '../../src/wire/message.ts';
import { decodeResponse } from '../../src/wire/response.ts';
import { soundAnswer, spoil } from './packets.ts';

/** What dns2 cannot tell or tells otherwise: dots inside labels, text that is no UTF-8, TTLs with the top bit set. */
function asDns2(message: Message): unknown {
  const text = JSON.stringify(message, (key, value: unknown) => {
    if (key === 'ttl' || key === 'negativeTtl') return value === 0x7fffffff ? 0 : value;
    // It reads the code's high bits from a TTL that it has clamped.
    if (key === 'rcode' && Number(value) >= 2_048) return 0x7f0 | (Number(value) & 0x0f);
    if (typeof value !== 'string') return value;
    return Buffer.from(value.replaceAll('\\.', '.'), 'latin1').toString('utf8');
  });
  return JSON.parse(text);
}

describe('a response on the wire', () => {
  it('says the same to us and to dns2 when it is sound', () => {
    fc.assert(
      fc.property(soundAnswer, ({ question, bytes }) => {
        const ours = decodeResponse(bytes, question);
        expect(ours).toBeDefined();
        expect(ours).toEqual(dns2Codec.decode(bytes, question));
      }),
      { numRuns: 1_000 },
    );
  });

  it('says the same to us and to dns2 when it is spoiled and yet both can read it, and never throws', () => {
    const samples = fc.sample(soundAnswer, { numRuns: 200, seed: 4 });
    const random = seededRandom(1);
    let both = 0;
    const disagreements: unknown[] = [];
    const count = Number(process.env['POSTERN_FUZZ_PACKETS'] ?? 20_000);
    for (let at = 0; at < count; at++) {
      const sample = samples[at % samples.length]!;
      const { question } = sample;
      const spoiled = spoil(sample, random);
      const ours = decodeResponse(spoiled, question);
      if (ours) interpret(ours, question);
      const theirs = dns2Codec.decode(spoiled, question);
      if (!ours || !theirs) continue;
      both++;
      const [say, they] = [asDns2(ours), asDns2(theirs)];
      if (JSON.stringify(say) !== JSON.stringify(they))
        disagreements.push({ packet: spoiled.toString('hex'), question, ours: say, dns2: they });
    }
    expect(disagreements).toEqual([]);
    expect(both).toBeGreaterThan(count / 10);
  });

  it('is read however long an honest one is', () => {
    const question = { name: 'example.com', type: 'A' } as const;
    const { packet, questionEnd } = encodeQuery(question, 1, false);
    const head = Buffer.from(packet.subarray(0, questionEnd));
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
    const count = Math.floor((65_535 - questionEnd) / record.length);
    head[2] = 0x81;
    head.writeUInt16BE(count, 6);
    head.writeUInt16BE(0, 10);
    const message = decodeResponse(
      Buffer.concat([head, ...Array.from({ length: count }, () => record)]),
      question,
    );
    expect(message?.answers).toHaveLength(count);
  });

  it.each(Object.entries(hostileMessages))(
    'that is hostile is refused or harmless: %s',
    (_kind, { bytes, question, refused }) => {
      const message = decodeResponse(bytes, question);
      expect(message === undefined).toBe(refused);
    },
  );
});
