import { describe, expect, it } from 'vitest';
import {
  deadLists,
  findList,
  keyedZone,
  knownLists,
  matchReplyFilter,
  parseReplyFilter,
  registryDate,
  similarZone,
  type CodeMeaning,
  type DnsList,
} from '@postern/dnsbl';

const effect = (list: DnsList, meaning: string | CodeMeaning): string =>
  typeof meaning === 'string' ? (list.kind === 'allow' ? 'allow' : 'block') : meaning.effect;

/** The answers that lists could give: the networks that carry codes, the error codes, and a parked domain. */
const answers = [
  ...[...Array.from({ length: 22 }, (_, third) => third), 255].flatMap((third) =>
    Array.from({ length: 256 }, (_, last) => `127.0.${third}.${last}`),
  ),
  ...Array.from({ length: 256 }, (_, last) => `127.255.255.${last}`),
  '203.0.113.9',
];

const matching = (pattern: string): string[] => {
  const filter = parseReplyFilter(pattern).filter!;
  return answers.filter((answer) => matchReplyFilter(filter, answer));
};

describe('the registry', () => {
  it('is dated and gives each entry a source', () => {
    expect(registryDate).toMatch(/^20\d\d-\d\d-\d\d$/);
    for (const { source } of [...knownLists, ...deadLists]) expect(source.length).toBeGreaterThan(5);
  });

  it('names each zone and id once', () => {
    const names = knownLists.flatMap(({ id, zone }) => [id, zone]);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(deadLists.map(({ zone }) => zone)).size).toBe(deadLists.length);
  });

  it.each(knownLists.map((list) => [list.zone, list] as const))(
    'trusts exactly the listing codes of %s',
    (_, list) => {
      const wanted = list.kind === 'allow' ? 'allow' : 'block';
      const meant = answers.filter((answer) => {
        const last = Number(answer.split('.')[3]);
        const bits = Object.entries(list.bits?.bits ?? {}).filter(([bit]) => last & Number(bit));
        const known =
          bits.reduce((sum, [bit]) => sum + Number(bit), 0) === last && /^127\.0\.0\.[1-9]/.test(answer);
        const codes = known
          ? bits.map(([, meaning]) => meaning)
          : Object.entries(list.codes)
              .filter(([pattern]) => matchReplyFilter(parseReplyFilter(pattern).filter!, answer))
              .slice(0, 1)
              .map(([, meaning]) => meaning);
        const effects = codes.map((meaning) => effect(list, meaning));
        return effects.includes(wanted) && !effects.includes('error');
      });
      const trusted = new Set(matching(list.filter));
      // The bits of SURBL cannot be written as a filter: numbers that are no sum of them, which never come, are within.
      const unwritable =
        list.id === 'surbl-multi' ? (answer: string) => Number(answer.split('.')[3]) % 4 !== 0 : () => false;
      const testEntries = (answer: string) => list.id === 'dnswl' && answer.startsWith('127.0.0.');
      expect([...trusted].filter((answer) => !meant.includes(answer) && !unwritable(answer))).toEqual([]);
      expect(meant.filter((answer) => !trusted.has(answer) && !testEntries(answer))).toEqual([]);
    },
  );

  it('gives weight to no answer that is an error', () => {
    const errors = [
      '127.255.255.252',
      '127.255.255.254',
      '127.255.255.255',
      '127.0.1.255',
      '127.0.0.255',
      '203.0.113.9',
    ];
    for (const { weights } of knownLists) {
      expect(
        weights.flatMap(([pattern]) => matching(pattern)).filter((answer) => errors.includes(answer)),
      ).toEqual([]);
    }
  });

  it('knows the lists that people use', () => {
    const zones = [
      'zen.spamhaus.org',
      'sbl.spamhaus.org',
      'xbl.spamhaus.org',
      'pbl.spamhaus.org',
      'dbl.spamhaus.org',
      'zrd.dq.spamhaus.net',
      'bl.spamcop.net',
      'b.barracudacentral.org',
      'dnsbl-1.uceprotect.net',
      'bl.mailspike.net',
      'list.dnswl.org',
      'combined.mail.abusix.zone',
      'multi.surbl.org',
      'multi.uribl.com',
      'psbl.surriel.com',
      'all.s5h.net',
    ];
    expect(zones.filter((zone) => findList(zone)?.status !== 'alive')).toEqual([]);
  });
});

describe('findList', () => {
  it('finds a list whatever the case and with a final dot', () => {
    expect(findList('ZEN.Spamhaus.ORG.')).toMatchObject({ status: 'alive', zone: 'zen.spamhaus.org' });
  });

  it('finds the keyed form and its key', () => {
    const key = 'abcdefghijklmnopqrstuvwxyz';
    expect(findList(`${key}.zen.dq.spamhaus.net`)).toMatchObject({
      status: 'alive',
      key,
      list: { id: 'spamhaus-zen' },
    });
    expect(findList(`${key}.combined.mail.abusix.zone`)).toMatchObject({
      key,
      list: { id: 'abusix-combined' },
    });
    expect(keyedZone((findList('spamhaus-zen') as { list: DnsList }).list, key)).toBe(
      `${key}.zen.dq.spamhaus.net`,
    );
  });

  it.each([
    'dnsbl.sorbs.net',
    'safe.dnsbl.sorbs.net',
    'ix.dnsbl.manitu.net',
    'dnsbl.ahbl.org',
    'dnsbl.njabl.org',
    'relays.ordb.org',
    'list.dsbl.org',
    'cbl.abuseat.org',
    'dsn.rfc-ignorant.org',
    'opm.blitzed.org',
  ])('says that %s is dead', (zone) => {
    expect(findList(zone)).toMatchObject({ status: 'dead', zone });
  });

  it('does not know what it does not know', () => {
    expect(findList('dnsbl.example.com')).toBeUndefined();
    expect(findList('notsorbs.net')).toBeUndefined();
  });
});

describe('similarZone', () => {
  it.each([
    ['zin.spamhaus.org', 'zen.spamhaus.org'],
    ['zen.spamhuas.org', 'zen.spamhaus.org'],
    ['bl.spamcop.ne', 'bl.spamcop.net'],
    ['b.baracudacentral.org', 'b.barracudacentral.org'],
  ])('takes %s for a misspelt %s', (name, zone) => expect(similarZone(name)).toBe(zone));

  it('leaves other names and known ones alone', () => {
    const names = ['dnsbl.example.com', 'dnsbl-2.uceprotect.net', 'zen.example.org', 'bl.local'];
    expect(names.filter((name) => similarZone(name) !== undefined)).toEqual([]);
  });
});
