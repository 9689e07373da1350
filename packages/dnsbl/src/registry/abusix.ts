import type { Codes, DnsList, TestPoints } from './dns-list.ts';

const source = 'docs.abusix.com, production zones';

const black: Codes = {
  '127.0.0.2': 'sent to spam traps',
  '127.0.0.3': 'low reputation, found automatically',
  '127.0.0.200': 'listed by hand',
};
const exploit: Codes = { '127.0.0.4': 'an exploited or infected host' };
const policy: Codes = {
  '127.0.0.11': 'an address with a generic host name',
  '127.0.0.12': 'an address without a host name',
};

const v4 = (listed: string): TestPoints => ({ listed, unlisted: '127.0.0.1' });
const v6 = (listed: string): TestPoints => ({ listed, unlisted: '::ffff:7f00:1' });

function abusix(
  label: string,
  part: Pick<DnsList, 'name' | 'codes' | 'filter' | 'weights' | 'testPoints'> &
    Partial<Pick<DnsList, 'of' | 'ipv6' | 'kind'>>,
): DnsList {
  return {
    of: ['address'],
    ipv6: true,
    kind: 'block',
    ...part,
    id: `abusix-${label}`,
    operator: 'Abusix',
    zone: `${label}.mail.abusix.zone`,
    keyed: `{key}.${label}.mail.abusix.zone`,
    terms: {
      access: 'key',
      queriesADay: 100_000,
      note: 'Answers only with a key; free for small use.',
      url: 'https://app.abusix.com/signup',
    },
    source,
  };
}

export const abusixLists: readonly DnsList[] = [
  abusix('combined', {
    name: 'Abusix combined blocklist',
    codes: { ...black, ...exploit, ...policy },
    filter: '127.0.0.[2..4;11;12;200]',
    weights: [
      ['127.0.0.[2..4;200]', 3],
      ['127.0.0.[11;12]', 2],
    ],
    testPoints: { ipv4: v4('127.0.0.2'), ipv6: v6('::ffff:7f00:2') },
  }),
  abusix('black', {
    name: 'Abusix spam blocklist',
    codes: black,
    filter: '127.0.0.[2;3;200]',
    weights: [['127.0.0.[2;3;200]', 3]],
    testPoints: { ipv4: v4('127.0.0.2'), ipv6: v6('::ffff:7f00:2') },
  }),
  abusix('exploit', {
    name: 'Abusix exploit blocklist',
    codes: exploit,
    filter: '127.0.0.4',
    weights: [['127.0.0.4', 3]],
    testPoints: { ipv4: v4('127.0.0.4'), ipv6: v6('::ffff:7f00:4') },
  }),
  abusix('dynamic', {
    name: 'Abusix policy blocklist',
    ipv6: false,
    codes: policy,
    filter: '127.0.0.[11;12]',
    weights: [['127.0.0.[11;12]', 2]],
    testPoints: { ipv4: v4('127.0.0.2') },
  }),
  abusix('dblack', {
    name: 'Abusix domain blocklist',
    of: ['domain'],
    ipv6: false,
    codes: {
      '127.0.1.1': 'seen in the body of spam',
      '127.0.1.2': 'newly observed',
      '127.0.1.3': 'reached from a short link in spam',
    },
    filter: '127.0.1.[1..3]',
    weights: [['127.0.1.[1..3]', 2]],
    testPoints: { domain: { listed: 'test', unlisted: 'invalid' } },
  }),
];
