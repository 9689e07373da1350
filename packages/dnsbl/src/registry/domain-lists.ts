import type { CodeMeaning, DnsList, TestPoints } from './dns-list.ts';

const refused: CodeMeaning = {
  meaning: 'this resolver is refused, and every name is answered so',
  effect: 'error',
  reason: 'blocked',
};

const uriblPoints: TestPoints = { listed: 'test.uribl.com', unlisted: 'invalid' };
const uribl = {
  operator: 'URIBL',
  of: ['domain'],
  ipv6: false,
  kind: 'block',
  testPoints: { domain: uriblPoints },
  terms: {
    access: 'open',
    note: 'Free for low volume through a resolver of your own; others are answered 127.0.0.1.',
    url: 'https://uribl.com/about.shtml#abuse',
  },
  source: 'uribl.com, about and refused.shtml',
} as const;

const semPoints: TestPoints = { listed: '_dnsbl_.test', unlisted: '_dnsblneg_.test' };
const sem = {
  operator: 'Spam Eating Monkey',
  of: ['domain'],
  ipv6: false,
  kind: 'block',
  filter: '127.0.0.2',
  weights: [['127.0.0.2', 1]],
  testPoints: { domain: semPoints },
  terms: { access: 'open', queriesADay: 100_000, url: 'https://spameatingmonkey.com/faq' },
  source: 'spameatingmonkey.com, lists and questions',
} as const;

export const domainLists: readonly DnsList[] = [
  {
    id: 'surbl-multi',
    name: 'SURBL multi',
    operator: 'SURBL',
    zone: 'multi.surbl.org',
    of: ['domain'],
    ipv6: false,
    kind: 'block',
    codes: {},
    bits: {
      bits: {
        1: refused,
        4: 'DM: disposable mail',
        8: 'PH: phishing',
        16: 'MW: malware',
        32: 'CT: click tracking',
        64: 'ABUSE: spam and other abuse',
        128: 'CR: a cracked site',
      },
    },
    filter: '127.0.0.[4..252]',
    weights: [['127.0.0.[4..252]', 2]],
    testPoints: { domain: { listed: 'surbl-org-permanent-test-point.com', unlisted: 'invalid' } },
    terms: {
      access: 'open',
      note: 'Free for small, non-commercial use; the limit is not published as a number.',
      url: 'https://surbl.org/usage-policy',
    },
    source: 'surbl.org, lists; bits 1, 4 and 32 as rspamd has them',
  },
  {
    ...uribl,
    id: 'uribl-multi',
    name: 'URIBL multi',
    zone: 'multi.uribl.com',
    codes: {},
    bits: {
      bits: {
        1: refused,
        2: 'black: belongs to spammers',
        4: { meaning: 'grey: seen in bulk mail, false positives are likely', effect: 'neutral' },
        8: 'red: young or hidden, found automatically',
      },
    },
    filter: '127.0.0.[2;6;8;10;12;14]',
    weights: [
      ['127.0.0.[2;6;10;14]', 2],
      ['127.0.0.[8;12]', 1],
    ],
  },
  {
    ...uribl,
    id: 'uribl-black',
    name: 'URIBL black',
    zone: 'black.uribl.com',
    codes: { '127.0.0.1': refused, '127.0.0.2': 'black: belongs to spammers' },
    filter: '127.0.0.2',
    weights: [['127.0.0.2', 2]],
  },
  {
    ...sem,
    id: 'sem-uri',
    name: 'Spam Eating Monkey SEM-URI',
    zone: 'uribl.spameatingmonkey.net',
    codes: { '127.0.0.2': 'seen in mail to spam traps' },
  },
  {
    ...sem,
    id: 'sem-fresh',
    name: 'Spam Eating Monkey SEM-FRESH',
    zone: 'fresh.spameatingmonkey.net',
    codes: { '127.0.0.2': 'registered within the last five days' },
  },
  {
    ...sem,
    id: 'sem-fresh15',
    name: 'Spam Eating Monkey SEM-FRESH15',
    zone: 'fresh15.spameatingmonkey.net',
    codes: { '127.0.0.2': 'registered within the last 15 days' },
  },
];
