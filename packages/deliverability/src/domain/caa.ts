import type { RecordData, Resolver } from '@postern/dns';
import { quoteEvidence, type Check } from '../check.ts';
import { lookUp } from '../lookup.ts';
import { unanswered } from '../unseen.ts';

const source = 'RFC 8659 section 3';

/** Which authorities may issue certificates for a host: the CAA records of the closest name that has some. */
export async function checkCaa(resolver: Resolver, host: string, signal?: AbortSignal): Promise<Check> {
  const labels = host.split('.');
  const names = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
  const answers = await Promise.all(names.map((name) => lookUp(resolver, name, 'CAA', signal)));
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'unknown')
      return unanswered('caa', 'caa', `Who may issue for ${host}`, answer.why, source);
    if (answer.status === 'found') return judge(host, names[index]!, answer.records);
  }
  return {
    id: 'caa',
    topic: 'caa',
    status: 'info',
    message: `Any authority may issue certificates for ${host}: there is no CAA record.`,
    evidence: [],
    advice: `Publish at ${names.at(-1) ?? host}: 0 issue "your-authority.example".`,
    source,
  };
}

function judge(host: string, name: string, records: readonly RecordData['CAA'][]): Check {
  const issuers = records
    .filter(({ tag }) => tag.toLowerCase() === 'issue')
    .map(({ value }) => value.split(';')[0]!.trim());
  const allowed = issuers.filter((issuer) => issuer !== '');
  const foreign = records.find(
    ({ flags, tag }) =>
      (flags & 128) !== 0 && !['issue', 'issuewild', 'iodef', 'issuemail'].includes(tag.toLowerCase()),
  );
  const check = {
    id: 'caa',
    topic: 'caa',
    evidence: records.map(({ flags, tag, value }) => quoteEvidence(`${name}: ${flags} ${tag} "${value}"`)),
    source,
  } as const;
  if (foreign) {
    return {
      ...check,
      status: 'fail',
      message: `The CAA records of ${name} have the critical tag ${quoteEvidence(foreign.tag)}, which authorities do not know: none issues.`,
      advice: 'Take the tag out, or its critical flag.',
    };
  }
  if (issuers.length > 0 && allowed.length === 0) {
    return {
      ...check,
      status: 'warning',
      message: `No authority may issue certificates for ${host}: the next renewal fails.`,
      advice: 'Name the authority that you use in an issue record.',
    };
  }
  return allowed.length === 0
    ? {
        ...check,
        status: 'info',
        message: `The CAA records of ${name} name no issuer: any authority may issue.`,
      }
    : {
        ...check,
        status: 'pass',
        message: `Only ${quoteEvidence(allowed.join(', '))} may issue certificates for ${host}.`,
      };
}
