import { expect, it } from 'vitest';
import { describeWith, startKnot, startRbldnsd, startUnbound } from '@postern/testbed';
import { createResolver } from '../src/index.ts';

/** Every address of 10.0.0.0/16 whose last byte is even is listed. */
const isListed = (at: number): boolean => at % 2 === 0;
const address = (at: number): string => `10.0.${at >> 8}.${at & 255}`;
const lookup = (at: number): string => `${at & 255}.${at >> 8}.0.10.bl.example`;

describeWith(['rbldnsd'], 'a block list in rbldnsd', () => {
  it('loses no lookup and gives no wrong verdict to a thousand at once', async () => {
    const count = 20_000;
    const listed = Array.from({ length: count }, (_, at) => at).filter(isListed);
    await using list = await startRbldnsd({
      zones: [
        {
          zone: 'bl.example',
          type: 'ip4set',
          data: [':127.0.0.2:listed', ...listed.map(address), ''].join('\n'),
        },
      ],
    });
    await using resolver = createResolver({ servers: [list.server], cache: false });
    let next = 0;
    const wrong: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (let at = next++; at < count; at = next++) {
        const answer = await resolver.resolve(lookup(at), 'A');
        const right = isListed(at)
          ? answer.status === 'found' && answer.records[0] === '127.0.0.2'
          : answer.status === 'nxdomain';
        if (!right) wrong.push([address(at), answer]);
      }
    };
    await Promise.all(Array.from({ length: 1_000 }, worker));
    expect(wrong).toEqual([]);
  });
});

describeWith(['knotd', 'unbound'], 'zones in knot behind unbound', () => {
  it('are answered with their TTLs, absences, aliases and long answers', async () => {
    const long = Array.from({ length: 60 }, (_, at) => `long TXT "${String(at).padStart(60, 'x')}"`).join(
      '\n',
    );
    await using knot = await startKnot({
      zones: {
        'zone.example': `@ 77 A 192.0.2.1\n@ MX 10 mx\nwww CNAME @\nnull MX 0 .\n_25._tcp TLSA 3 1 1 ${'ab'.repeat(32)}\n${long}`,
        'broken.example': null,
      },
    });
    await using unbound = await startUnbound({
      stubs: { 'zone.example': knot.server, 'broken.example': knot.server },
    });
    for (const server of [knot.server, unbound.server, `tcp://${unbound.server}`]) {
      await using resolver = createResolver({ servers: [server], cache: false });
      const resolve = resolver.resolve.bind(resolver);
      expect(await resolve('zone.example', 'A')).toMatchObject({ status: 'found', records: ['192.0.2.1'] });
      expect(await resolve('www.zone.example', 'A')).toMatchObject({
        status: 'found',
        records: ['192.0.2.1'],
      });
      expect(await resolve('null.zone.example', 'MX')).toMatchObject({
        records: [{ preference: 0, exchange: '' }],
      });
      expect(await resolve('_25._tcp.zone.example', 'TLSA')).toMatchObject({
        records: [{ usage: 3, data: 'ab'.repeat(32) }],
      });
      expect(await resolve('none.zone.example', 'A')).toMatchObject({
        status: 'nxdomain',
        ttl: expect.toSatisfy(upTo(60)) as unknown,
      });
      expect(await resolve('zone.example', 'PTR')).toMatchObject({
        status: 'nodata',
        ttl: expect.toSatisfy(upTo(60)) as unknown,
      });
      expect(await resolve('broken.example', 'A')).toMatchObject({ status: 'failed', reason: 'servfail' });
      const answer = await resolve('long.zone.example', 'TXT');
      expect(answer.status === 'found' && answer.records).toHaveLength(60);
    }
  });
});

describeWith(['knotd', 'keymgr', 'unbound'], 'a signed zone in knot behind a validating unbound', () => {
  it('is answered with the word that DNSSEC proves it, and nothing else is', async () => {
    await using knot = await startKnot({
      zones: {
        'signed.example':
          '@ A 192.0.2.1\nmx A 192.0.2.3\nwww CNAME mx\nout CNAME host.plain.example.\n@ MX 10 mx\n',
        'plain.example': 'host A 192.0.2.9\nin CNAME mx.signed.example.',
        'forged.example': '@ A 192.0.2.66',
      },
      signed: ['signed.example'],
    });
    await using unbound = await startUnbound({
      stubs: {
        'signed.example': knot.server,
        'plain.example': knot.server,
        'forged.example': knot.server,
      },
      settings: [
        'module-config: "validator iterator"',
        ...knot.trustAnchors.map((anchor) => `trust-anchor: "${anchor}"`),
        // A zone that should be signed with the key of another and is not.
        `trust-anchor: "${knot.trustAnchors[0]!.replace('signed.example.', 'forged.example.')}"`,
      ].join('\n'),
    });
    for (const server of [unbound.server, `tcp://${unbound.server}`]) {
      await using resolver = createResolver({ servers: [server] });
      const proven = async (name: string, type: 'A' | 'MX'): Promise<unknown> => {
        const answer = await resolver.resolve(name, type);
        const kept = await resolver.resolve(name, type);
        if (answer.status === 'failed' || kept.status === 'failed') return answer.status;
        expect(kept.authenticated).toBe(answer.authenticated);
        return answer.authenticated;
      };
      expect(await proven('signed.example', 'MX')).toBe(true);
      expect(await proven('www.signed.example', 'A')).toBe(true);
      expect(await proven('none.signed.example', 'A')).toBe(true);
      expect(await proven('mx.signed.example', 'MX')).toBe(true);
      expect(await proven('host.plain.example', 'A')).toBeUndefined();
      expect(await proven('out.signed.example', 'A')).toBeUndefined();
      expect(await proven('in.plain.example', 'A')).toBeUndefined();
      expect(await proven('forged.example', 'A')).toBe('failed');
    }
  });
});

function upTo(most: number): (ttl: number) => boolean {
  return (ttl) => ttl > 0 && ttl <= most;
}
