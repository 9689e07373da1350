import { expect, it } from 'vitest';
import { spf as mailauth } from 'mailauth/lib/spf/index.js';
import { checkSpf, type SpfResult, type SpfTermTrace, type SpfTrace } from '@postern/spf';
import { makeWorld, worldLookup, worldResolver, type World } from './world.ts';

/** How many worlds; each is a record or several, their zones, a client and a sender. */
const worlds = Number(process.env['POSTERN_SPF_WORLDS'] ?? 20_000);

interface Peer {
  readonly status: { readonly result: string; readonly comment?: string };
  readonly lookups?: { readonly count: number; readonly void: number };
}

/** Why the two may differ: the sentence of the RFC that we follow, and how to tell that it is this and nothing else. */
const explained: readonly {
  section: string;
  because: string;
  applies(ours: SpfResult, peer: Peer, world: World): boolean;
}[] = [
  {
    section: 'RFC 7208 section 5.4',
    because: 'an address lookup is made for each MX name; a name with one label is no reason for permerror',
    applies: (_ours, peer, { answers }) =>
      peer.status.comment?.includes('Invalid domain localhost') === true &&
      [...answers].some(
        ([key, answer]) => key.startsWith('MX ') && JSON.stringify(answer).includes('localhost'),
      ),
  },
  {
    section: 'RFC 7208 section 4.6.4',
    because:
      'void lookups limit the number of terms; a term whose %{p} and whose name both lead to nothing is one term',
    applies(ours, peer) {
      const twice = ours.trace ? doublyVoid(ours.trace) : 0;
      if (twice === 0) return false;
      return ours.result === peer.status.result
        ? peer.lookups?.void === ours.void + twice
        : peer.status.comment?.includes('Too many void') === true && ours.void + twice > 2;
    },
  },
];

it(`agrees with mailauth in strict mode on ${worlds} generated records, zones and senders`, async () => {
  const tally = new Map<string, number>();
  const unexplained: unknown[] = [];
  for (let seed = 1; seed <= worlds; seed++) {
    const world = makeWorld(seed);
    const ours = checkSpf(world.query, {
      resolver: worldResolver(world),
      receiver: 'mx.example.org',
    }) as SpfResult;
    const peer = (await mailauth({
      ...world.query,
      resolver: worldLookup(world),
      strict: true,
      mta: 'mx.example.org',
    } as never)) as Peer;
    count(tally, `result ${ours.result}`);
    if (agree(ours, peer)) continue;
    const why = explained.find((difference) => difference.applies(ours, peer, world));
    if (why) count(tally, `differs by ${why.section}`);
    else
      unexplained.push({
        seed,
        query: world.query,
        ours: [ours.result, ours.lookups, ours.void],
        peer: [peer.status, peer.lookups],
      });
  }
  expect(unexplained).toEqual([]);
  // The worlds are worth something only while every result and every explained difference turns up in them.
  const results = ['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror'];
  const all = [
    ...results.map((result) => `result ${result}`),
    ...explained.map(({ section }) => `differs by ${section}`),
  ];
  expect(all.filter((key) => worlds >= 5000 && !tally.has(key))).toEqual([]);
}, 180_000);

/** The same result; where the check came to an end by itself, the same number of lookups and void lookups too. */
function agree(ours: SpfResult, peer: Peer): boolean {
  if (ours.result !== peer.status.result) return false;
  return ours.error !== null || (ours.lookups === peer.lookups?.count && ours.void === peer.lookups.void);
}

/** Terms whose PTR lookup for %{p} and whose own lookup both came to nothing. */
function doublyVoid({ terms }: SpfTrace): number {
  const isTwice = ({ lookups }: SpfTermTrace): boolean => {
    const isVoid = lookups.map(({ answer }) => answer.status === 'nxdomain' || answer.status === 'nodata');
    return lookups[0]?.type === 'PTR' && lookups.length > 1 && isVoid[0] === true && isVoid.at(-1) === true;
  };
  return terms.reduce(
    (sum, term) => sum + (isTwice(term) ? 1 : 0) + (term.inner ? doublyVoid(term.inner) : 0),
    0,
  );
}

function count(tally: Map<string, number>, key: string): void {
  tally.set(key, (tally.get(key) ?? 0) + 1);
}
