import { setTimeout as sleep } from 'node:timers/promises';
import { spf as mailauth } from 'mailauth/lib/spf/index.js';
import type { Resolver } from '@postern/dns';
import { pairedMedians, type Bench, type BenchRow } from '@postern/testbed';
import { checkSpf } from '@postern/spf';
import { cases, memoryLookup, memoryResolver } from './cases.ts';

/** How long every answer takes, in milliseconds: one round trip. */
const trip = 50;

const targets: Readonly<Record<string, number>> = {
  '9 flat includes': 2.2,
  'mx with 10 hosts': 3.4,
  '9 chained includes': 10.4,
};

const bench: Bench = {
  title: 'SPF: round trips to DNS',
  about:
    `Every DNS answer takes ${trip} ms and the time of a check is given in such round trips; questions are counted on both ` +
    'sides. The targets of a record’s terms are asked for together, within the lookups RFC 7208 allows; a chain has ' +
    'nothing that could be asked for together.',
  async *run(): AsyncIterable<BenchRow> {
    for (const [name, most] of Object.entries(targets)) {
      const { query, zones } = cases.find((spfCase) => spfCase.name === name)!;
      const asked = { ours: 0, peer: 0 };
      const memory = memoryResolver(zones);
      const lookup = memoryLookup(zones);
      const resolver: Resolver = {
        resolve: async (domain, type) => {
          asked.ours++;
          await sleep(trip);
          return memory.resolve(domain, type);
        },
      };
      const peerQuery = {
        ...query,
        strict: true,
        mta: 'mx.example.org',
        resolver: async (domain: string, type: string) => {
          asked.peer++;
          await sleep(trip);
          return lookup(domain, type);
        },
      } as never;
      const rounds = 5;
      const times = await pairedMedians(
        () => checkSpf(query, { resolver }),
        () => mailauth(peerQuery),
        { rounds, warmup: 1 },
      );
      const [ours, peer] = [times.ours / trip, times.peer / trip];
      yield {
        work: name,
        ours: `${ours.toFixed(2)} round trips, ${asked.ours / (rounds + 1)} questions`,
        peer: `mailauth strict ${peer.toFixed(2)} round trips, ${asked.peer / (rounds + 1)} questions`,
        ratio: `${(peer / ours).toFixed(1)} ×`,
        target: `≤ ${most} round trips`,
        met: ours <= most,
      };
    }
  },
};

export default bench;
