import type { Answer, RecordType, Resolver } from '@postern/dns/fixture';

const numbers: Partial<Record<RecordType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
};

interface JsonAnswer {
  readonly Status: number;
  readonly Answer?: readonly { readonly type: number; readonly TTL: number; readonly data: string }[];
}

/** Asks a DNS-over-HTTPS server in the JSON form that public ones offer to pages. Equal questions are asked once. */
export function dohResolver(server: string): Resolver {
  const asked = new Map<string, Promise<Answer>>();
  return {
    resolve<T extends RecordType>(name: string, type: T): Promise<Answer<T>> {
      const key = `${type} ${name.toLowerCase()}`;
      const answer = asked.get(key) ?? ask(server, name, type);
      asked.set(key, answer);
      return answer as Promise<Answer<T>>;
    },
  };
}

async function ask(server: string, name: string, type: RecordType): Promise<Answer> {
  const number = numbers[type];
  if (number === undefined)
    return { status: 'failed', reason: 'notimp', detail: `${type} is not asked for here` };
  try {
    const url = new URL(server);
    url.searchParams.set('name', name);
    url.searchParams.set('type', type);
    const response = await fetch(url, {
      headers: { accept: 'application/dns-json' },
      signal: AbortSignal.timeout(5_000),
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
    if (!response.ok)
      return { status: 'failed', reason: 'network', detail: `the server answers ${response.status}` };
    const { Status: code, Answer: answers = [] } = (await response.json()) as JsonAnswer;
    if (code === 3) return { status: 'nxdomain', ttl: 60 };
    if (code !== 0) return { status: 'failed', reason: code === 5 ? 'refused' : 'servfail' };
    const found = answers.filter((answer) => answer.type === number);
    if (found.length === 0) return { status: 'nodata', ttl: 60 };
    return {
      status: 'found',
      records: found.map(({ data }) => readData(type, data)),
      ttl: Math.min(...found.map(({ TTL }) => TTL)),
    } as Answer;
  } catch (cause) {
    return {
      status: 'failed',
      reason: 'network',
      detail: cause instanceof Error ? cause.message : String(cause),
    };
  }
}

function readData(type: RecordType, data: string): unknown {
  const plain = data.replace(/\.$/, '').toLowerCase();
  if (type === 'MX') {
    const [preference = '0', exchange = ''] = plain.split(' ');
    return { preference: Number(preference), exchange };
  }
  if (type !== 'TXT') return plain;
  const strings = [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) =>
    match[1]!.replaceAll(/\\(.)/g, '$1'),
  );
  return strings.length > 0 ? strings : [data];
}
