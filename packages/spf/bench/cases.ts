import type { Answer, RecordData, RecordType, Resolver } from '@postern/dns';

/** One message at the door, and the zones it is checked against. */
export interface SpfCase {
  readonly name: string;
  readonly query: { readonly ip: string; readonly helo: string; readonly sender: string };
  readonly expected: string;
  readonly zones: Readonly<Record<string, { readonly [T in RecordType]?: readonly RecordData[T][] }>>;
  /** The ratio to the peer that the work has to reach. */
  readonly target: number;
}

const nine = Array.from({ length: 9 }, (_, index) => index + 1);
const query = { ip: '192.0.2.10', helo: 'mail.example.com', sender: 'joe@example.com' };
const txt = (text: string): { TXT: readonly (readonly string[])[] } => ({ TXT: [[text]] });

/** The five kinds of records that peers are compared on. */
export const cases: readonly SpfCase[] = [
  {
    name: 'ip4 -all',
    query,
    expected: 'pass',
    zones: { 'example.com': txt('v=spf1 ip4:192.0.2.0/24 -all') },
    target: 17,
  },
  {
    name: '9 chained includes',
    query,
    expected: 'fail',
    zones: {
      'example.com': txt('v=spf1 include:chain1.example.com -all'),
      ...Object.fromEntries(
        nine.map((n) => [
          `chain${n}.example.com`,
          txt(
            n < 9
              ? `v=spf1 ip4:198.51.100.${n} include:chain${n + 1}.example.com ~all`
              : 'v=spf1 ip4:203.0.113.1 ~all',
          ),
        ]),
      ),
    },
    target: 5,
  },
  {
    name: '9 flat includes',
    query,
    expected: 'fail',
    zones: {
      'example.com': txt(`v=spf1 ${nine.map((n) => `include:flat${n}.example.com`).join(' ')} -all`),
      ...Object.fromEntries(
        nine.map((n) => [
          `flat${n}.example.com`,
          txt(`v=spf1 ${nine.map((m) => `ip4:198.51.${n}.${m * 16}/28`).join(' ')} ~all`),
        ]),
      ),
    },
    target: 5,
  },
  {
    name: 'exists macro',
    query,
    expected: 'pass',
    zones: {
      'example.com': txt('v=spf1 exists:%{ir}.%{l1r+-}._spf.%{d} -all'),
      '10.2.0.192.joe._spf.example.com': { A: ['127.0.0.2'] },
    },
    target: 5,
  },
  {
    name: 'mx with 10 hosts',
    query,
    expected: 'fail',
    zones: {
      'example.com': {
        ...txt('v=spf1 mx -all'),
        MX: [...nine, 10].map((n) => ({ preference: n * 10, exchange: `mx${n}.example.com` })),
      },
      ...Object.fromEntries([...nine, 10].map((n) => [`mx${n}.example.com`, { A: [`198.51.100.${n}`] }])),
    },
    target: 5,
  },
];

/** DNS in memory: the answers made once, so that both sides pay for a lookup in a Map and for nothing else. */
export function memoryResolver(zones: SpfCase['zones']): Resolver {
  const answers = new Map<RecordType, Map<string, Answer>>();
  for (const [name, records] of Object.entries(zones)) {
    for (const [type, data] of Object.entries(records) as [RecordType, never[]][]) {
      if (!answers.has(type)) answers.set(type, new Map());
      answers.get(type)!.set(name, { status: 'found', records: data, ttl: 300 });
    }
  }
  const missing: Answer = { status: 'nxdomain', ttl: 300 };
  return {
    resolve<T extends RecordType>(name: string, type: T): Answer<T> {
      return (answers.get(type)?.get(name) ?? missing) as Answer<T>;
    },
  };
}

/** The same zones as mailauth asks for them: node:dns shapes and errors, from a Map too. */
export function memoryLookup(zones: SpfCase['zones']): (name: string, type: string) => Promise<unknown> {
  const answers = new Map<string, Map<string, unknown>>();
  for (const [name, records] of Object.entries(zones)) {
    for (const [type, data] of Object.entries(records)) {
      if (!answers.has(type)) answers.set(type, new Map());
      const shaped =
        type === 'MX'
          ? (data as readonly RecordData['MX'][]).map(({ preference, exchange }) => ({
              priority: preference,
              exchange,
            }))
          : data;
      answers.get(type)!.set(name, shaped);
    }
  }
  return async (name, type) => {
    const found = answers.get(type)?.get(name);
    if (found === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return found;
  };
}
