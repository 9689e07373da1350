import type { Answer, FailureReason, RecordType, Resolver } from '@postern/dns';

type NodeLookup = (domain: string, type: string) => Promise<string[] | string[][]>;

const codes: Readonly<Record<'nodata' | 'nxdomain', string>> = { nodata: 'ENODATA', nxdomain: 'ENOTFOUND' };

const failureCodes: Readonly<Partial<Record<FailureReason, string>>> = {
  timeout: 'ETIMEOUT',
  'bad-name': 'EBADNAME',
};

/** Our resolver in the shape of node:dns, which mailauth asks: failures and absences are errors with its codes. */
export function nodeLookup(resolver: Resolver, signal?: AbortSignal): NodeLookup {
  return async (domain, type) => {
    const answer: Answer = await resolver.resolve(domain, recordType(type), signal && { signal });
    if (answer.status === 'found') {
      // The records of TXT are lists of strings there too; of MX nothing is asked by mailauth.
      return answer.records as string[] | string[][];
    }
    const [code, why] =
      answer.status === 'failed'
        ? [failureCodes[answer.reason] ?? 'ESERVFAIL', answer.detail ?? answer.reason]
        : [codes[answer.status], answer.status];
    throw Object.assign(new Error(`${type} ${domain}: ${why}`), { code, hostname: domain });
  };
}

function recordType(type: string): RecordType {
  if (['A', 'AAAA', 'TXT', 'PTR', 'CNAME', 'MX', 'NS'].includes(type)) return type as RecordType;
  throw Object.assign(new Error(`no ${type} records are looked up here`), { code: 'ENOTIMP' });
}
