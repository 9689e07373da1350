import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ClosableResolver, RecordType, Resolver } from '../../src/index.ts';
import type { Zones } from '../../src/fixture.ts';
import { openedSince, openResources } from './open-resources.ts';

/** The zones that every driver answers from. */
export const contractZones: Zones = {
  'example.com': {
    SOA: [
      {
        primary: 'ns.example.com',
        admin: 'dns.example.com',
        serial: 7,
        refresh: 6,
        retry: 5,
        expire: 4,
        minimum: 60,
      },
    ],
    A: { ttl: 77, records: ['192.0.2.1', '192.0.2.2'] },
    AAAA: ['2001:db8::1', '::ffff:192.0.2.1'],
    NS: ['ns.example.com'],
    MX: [
      { preference: 10, exchange: 'mx.example.com' },
      { preference: 0, exchange: '.' },
    ],
    TXT: [['v=spf1 ', '-all'], ['bytes \u00e9\u00ff'], ['']],
    CAA: [{ flags: 128, tag: 'issue', value: 'ca.example.net; x=y' }],
  },
  '_25._tcp.example.com': { TLSA: [{ usage: 3, selector: 1, matching: 1, data: 'ab'.repeat(32) }] },
  '1.2.0.192.in-addr.arpa': { PTR: ['host.example.com'] },
  'www.example.com': { CNAME: { ttl: 20, records: ['web.example.com'] } },
  'web.example.com': { CNAME: ['example.com'] },
  'lost.example.com': { CNAME: ['gone.example.com'] },
  'bare.example.com': { CNAME: ['deep.down.example.com'] },
  'deep.down.example.com': { TXT: [['here']] },
  'b\u00fccher.example.com': { A: ['192.0.2.3'] },
  'long.example.com': { TXT: Array.from({ length: 40 }, (_, at) => ['x'.repeat(200), String(at)]) },
  'broken.example.com': 'SERVFAIL',
  'closed.example.com': 'REFUSED',
  'silent.example.com': 'TIMEOUT',
};

interface Contract {
  /** Makes the driver, over the zones above; `timeout` of one attempt in ms. */
  readonly open: (
    timeout: number,
  ) => Promise<{ resolver: Resolver | ClosableResolver; close(): Promise<void> }>;
  /** Whether it knows how long answers hold. */
  readonly ttls?: boolean;
}

/** What every driver must do, whatever it talks to. */
export function resolverContract(driver: string, { open, ttls = true }: Contract): void {
  describe(`the ${driver} driver`, () => {
    let opened: Awaited<ReturnType<Contract['open']>>;
    const resolve = async <T extends RecordType>(name: string, type: T): Promise<Answer<T>> =>
      opened.resolver.resolve(name, type);
    const ttl = (seconds: number): unknown => (ttls ? seconds : expect.any(Number));

    beforeAll(async () => {
      opened = await open(1_000);
    });
    afterAll(() => opened.close());

    it.each([
      ['A', 'example.com', ['192.0.2.1', '192.0.2.2']],
      ['AAAA', 'example.com', ['2001:db8::1', '::ffff:192.0.2.1']],
      ['NS', 'example.com', ['ns.example.com']],
      ['PTR', '1.2.0.192.in-addr.arpa', ['host.example.com']],
      ['CNAME', 'www.example.com', ['web.example.com']],
      [
        'MX',
        'example.com',
        [
          { preference: 10, exchange: 'mx.example.com' },
          { preference: 0, exchange: '' },
        ],
      ],
      ['TXT', 'example.com', [['v=spf1 ', '-all'], ['bytes \u00e9\u00ff'], ['']]],
      [
        'SOA',
        'example.com',
        [
          {
            primary: 'ns.example.com',
            admin: 'dns.example.com',
            serial: 7,
            refresh: 6,
            retry: 5,
            expire: 4,
            minimum: 60,
          },
        ],
      ],
      ['TLSA', '_25._tcp.example.com', [{ usage: 3, selector: 1, matching: 1, data: 'ab'.repeat(32) }]],
      ['CAA', 'example.com', [{ flags: 128, tag: 'issue', value: 'ca.example.net; x=y' }]],
    ] as const)('gives %s records in their shape', async (type, name, records) => {
      const answer = await resolve(name, type);
      expect(answer.status).toBe('found');
      // Several records of one type have no order.
      const sorted = (values: readonly unknown[]): string[] =>
        values.map((value) => JSON.stringify(value)).toSorted();
      expect(sorted('records' in answer ? answer.records : [])).toEqual(sorted(records));
    });

    it('takes names in any case, with a final dot and with U-labels', async () => {
      expect(await resolve('EXAMPLE.Com.', 'A')).toMatchObject({ status: 'found', ttl: ttl(77) });
      expect(await resolve('B\u00dcCHER.example.com', 'A')).toMatchObject({
        status: 'found',
        records: ['192.0.2.3'],
      });
    });

    it('follows aliases, and the shortest TTL on the way counts', async () => {
      expect(await resolve('www.example.com', 'A')).toMatchObject({
        status: 'found',
        records: expect.arrayContaining(['192.0.2.1']) as unknown,
        ttl: expect.toSatisfy((seconds: number) => !ttls || seconds === 20) as unknown,
      });
      expect((await resolve('lost.example.com', 'A')).status).toBe('nxdomain');
      expect((await resolve('bare.example.com', 'A')).status).toBe('nodata');
    });

    it('tells a name that does not exist from one without such records', async () => {
      expect(await resolve('nothing.example.com', 'A')).toEqual({ status: 'nxdomain', ttl: ttl(60) });
      expect(await resolve('example.com', 'PTR')).toEqual({ status: 'nodata', ttl: ttl(60) });
      expect(await resolve('down.example.com', 'A')).toEqual({ status: 'nodata', ttl: ttl(60) });
    });

    it('gives a long answer whole', async () => {
      const answer = await resolve('long.example.com', 'TXT');
      expect(answer.status === 'found' && answer.records).toHaveLength(40);
    });

    it.each([
      ['broken.example.com', 'servfail'],
      ['closed.example.com', 'refused'],
      ['silent.example.com', 'timeout'],
    ])('says of %s why there is no answer', async (name, reason) => {
      const quick = await open(100);
      expect(await quick.resolver.resolve(name, 'A')).toMatchObject({ status: 'failed', reason });
      await quick.close();
    });

    it.each(['', 'a..b', 'x'.repeat(64), 'x.'.repeat(200)])('refuses %j at once', (name) => {
      expect(opened.resolver.resolve(name, 'A')).toMatchObject({ status: 'failed', reason: 'bad-name' });
    });

    it('answers a caller who has left with that', async () => {
      const gone = AbortSignal.abort();
      expect(await opened.resolver.resolve('example.com', 'A', { signal: gone })).toMatchObject({
        reason: 'aborted',
      });
      const leaving = new AbortController();
      const answer = opened.resolver.resolve('silent.example.com', 'A', { signal: leaving.signal });
      leaving.abort();
      // A driver that answers at once has nobody waiting.
      expect(await answer).toMatchObject({
        status: 'failed',
        reason: answer instanceof Promise ? 'aborted' : 'timeout',
      });
    });

    it('ends what is under way when it is closed, and leaves nothing open', async () => {
      const before = openResources();
      const short = await open(60_000);
      await short.resolver.resolve('example.com', 'A');
      const waiting = short.resolver.resolve('silent.example.com', 'A');
      await short.close();
      expect(await waiting).toMatchObject({ reason: waiting instanceof Promise ? 'aborted' : 'timeout' });
      await expect.poll(() => openedSince(before)).toEqual({});
    });
  });
}
