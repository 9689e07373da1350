import type { Codes, DnsList, Terms, TestPoints } from './dns-list.ts';

const source = 'docs.spamhaus.com, zones and return codes; spamhaus.org news 788 and 807';

const errors: Codes = {
  '127.255.255.252': {
    meaning: 'the name of the zone is misspelt',
    effect: 'error',
    reason: 'typo',
  },
  '127.255.255.254': {
    meaning: 'asked through a public or open resolver, or one without a proper host name',
    effect: 'error',
    reason: 'open-resolver',
  },
  '127.255.255.255': { meaning: 'too many queries from this resolver', effect: 'error', reason: 'volume' },
};

const publicTerms: Terms = {
  access: 'open',
  queriesADay: 300_000,
  note: 'Free for small, non-commercial use through a resolver of your own; everybody else needs a DQS key.',
  url: 'https://www.spamhaus.org/blocklists/dnsbl-usage-terms/',
};

const keyTerms: Terms = {
  access: 'key',
  note: 'Answers only with a key of the Data Query Service; a key that is switched off is answered with REFUSED.',
  url: 'https://www.spamhaus.com/free-trial/',
};

const ipv4: TestPoints = { listed: '127.0.0.2', unlisted: '127.0.0.1' };
const ipv6: TestPoints = { listed: '::ffff:7f00:2', unlisted: '::ffff:7f00:1' };

const sbl: Codes = {
  '127.0.0.2': 'SBL: spam sources and spam operations',
  '127.0.0.3': 'CSS: low-reputation senders, found automatically',
  '127.0.0.8': 'SBL: reserved',
  '127.0.0.9': 'DROP: hijacked or criminal networks',
};
const botnetController: Codes = {
  '127.0.0.30': { meaning: 'BCL: a botnet controller, meant for network gateways', effect: 'neutral' },
};
const xbl: Codes = {
  '127.0.0.4': 'XBL: infected or exploited hosts',
  '127.0.0.[5..7]': 'XBL: reserved',
};
const pbl: Codes = {
  '127.0.0.10': 'PBL: addresses that should not send mail directly, kept by the provider',
  '127.0.0.11': 'PBL: addresses that should not send mail directly, kept by Spamhaus',
};

function addressList(
  part: Pick<DnsList, 'id' | 'name' | 'zone' | 'codes' | 'filter' | 'weights'> & { keyOnly?: boolean },
): DnsList {
  const { keyOnly = false, ...list } = part;
  const [label] = list.zone.split('.');
  return {
    ...list,
    codes: { ...list.codes, ...errors },
    operator: 'Spamhaus',
    keyed: `{key}.${label}.dq.spamhaus.net`,
    of: ['address'],
    ipv6: true,
    kind: 'block',
    testPoints: { ipv4, ipv6 },
    terms: keyOnly ? keyTerms : publicTerms,
    source,
  };
}

export const spamhausLists: readonly DnsList[] = [
  addressList({
    id: 'spamhaus-zen',
    name: 'Spamhaus ZEN',
    zone: 'zen.spamhaus.org',
    codes: { ...sbl, ...xbl, ...pbl, ...botnetController },
    filter: '127.0.0.[2..11]',
    weights: [['127.0.0.[2..11]', 3]],
  }),
  addressList({
    id: 'spamhaus-sbl',
    name: 'Spamhaus SBL and CSS',
    zone: 'sbl.spamhaus.org',
    codes: { ...sbl, ...botnetController },
    filter: '127.0.0.[2;3;8;9]',
    weights: [['127.0.0.[2;3;8;9]', 3]],
  }),
  addressList({
    id: 'spamhaus-xbl',
    name: 'Spamhaus XBL',
    zone: 'xbl.spamhaus.org',
    codes: xbl,
    filter: '127.0.0.[4..7]',
    weights: [['127.0.0.[4..7]', 3]],
  }),
  addressList({
    id: 'spamhaus-sbl-xbl',
    name: 'Spamhaus SBL and XBL',
    zone: 'sbl-xbl.spamhaus.org',
    codes: { ...sbl, ...xbl, ...botnetController },
    filter: '127.0.0.[2..9]',
    weights: [['127.0.0.[2..9]', 3]],
  }),
  addressList({
    id: 'spamhaus-pbl',
    name: 'Spamhaus PBL',
    zone: 'pbl.spamhaus.org',
    codes: pbl,
    filter: '127.0.0.[10;11]',
    weights: [['127.0.0.[10;11]', 3]],
  }),
  addressList({
    id: 'spamhaus-authbl',
    name: 'Spamhaus AuthBL',
    zone: 'authbl.dq.spamhaus.net',
    keyOnly: true,
    codes: { '127.0.0.20': 'AuthBL: hosts that guess or abuse passwords' },
    filter: '127.0.0.20',
    weights: [['127.0.0.20', 2]],
  }),
  {
    id: 'spamhaus-dbl',
    name: 'Spamhaus DBL',
    operator: 'Spamhaus',
    zone: 'dbl.spamhaus.org',
    keyed: '{key}.dbl.dq.spamhaus.net',
    of: ['domain'],
    ipv6: false,
    kind: 'block',
    codes: {
      '127.0.1.2': 'DBL: a domain of low reputation',
      '127.0.1.4': 'DBL: phishing',
      '127.0.1.5': 'DBL: malware',
      '127.0.1.6': 'DBL: a botnet controller',
      '127.0.1.102': 'DBL: a legitimate domain that is abused for spam',
      '127.0.1.103': 'DBL: a redirector that is abused',
      '127.0.1.104': 'DBL: a legitimate domain that is abused for phishing',
      '127.0.1.105': 'DBL: a legitimate domain that is abused for malware',
      '127.0.1.106': 'DBL: a legitimate domain that is abused for a botnet controller',
      '127.0.1.255': {
        meaning: 'an IP address was asked for, the list holds domains only',
        effect: 'error',
        reason: 'address-query',
      },
      ...errors,
    },
    filter: '127.0.1.[2;4..6;102..106]',
    weights: [
      ['127.0.1.[2;4..6]', 3],
      ['127.0.1.[102..106]', 2],
    ],
    testPoints: { domain: { listed: 'dbltest.com', unlisted: 'example.com' } },
    terms: publicTerms,
    source,
  },
  {
    id: 'spamhaus-zrd',
    name: 'Spamhaus ZRD',
    operator: 'Spamhaus',
    zone: 'zrd.dq.spamhaus.net',
    keyed: '{key}.zrd.dq.spamhaus.net',
    of: ['domain'],
    ipv6: false,
    kind: 'block',
    codes: {
      '127.0.2.[2..24]': 'ZRD: a domain first seen so many hours ago as the last number says',
      ...errors,
    },
    filter: '127.0.2.[2..24]',
    weights: [['127.0.2.[2..24]', 2]],
    testPoints: { domain: { listed: 'test', unlisted: 'invalid' } },
    terms: keyTerms,
    source,
  },
];
