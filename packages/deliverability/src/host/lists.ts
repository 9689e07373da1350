import type { Dnsbl, Verdict } from '@postern/dnsbl';
import { quoteEvidence, type Check } from '../check.ts';

const source = 'RFC 5782';

/** What block lists say about an address or a domain. A list that fails is unknown, never clean. */
export async function checkLists(
  dnsbl: Dnsbl,
  subject: { readonly address: string } | { readonly domain: string },
  signal?: AbortSignal,
): Promise<Check[]> {
  const name = 'address' in subject ? subject.address : subject.domain;
  const options = signal ? { signal } : {};
  const { verdicts, problem } =
    'address' in subject
      ? await dnsbl.check(subject.address, options)
      : await dnsbl.checkDomain(subject.domain, options);
  if (problem) {
    return [
      {
        id: 'lists',
        topic: 'lists',
        status: 'unknown',
        message: `No list was asked about ${name}: ${quoteEvidence(problem.message)}.`,
        evidence: [],
        advice: 'Lists know public addresses and domains only.',
        source,
      },
    ];
  }
  const of = (status: Verdict['status']): Verdict[] =>
    verdicts.filter((verdict) => verdict.status === status);
  const checks = of('listed').map((verdict): Check => ({
    id: 'listed',
    topic: 'lists',
    status: 'fail',
    message: `${name} is on ${verdict.zone}: ${quoteEvidence(verdict.meaning)}.`,
    evidence: [...verdict.codes, ...(verdict.reason === '' ? [] : [quoteEvidence(verdict.reason)])],
    advice: 'Find out what was sent, stop it, then ask the list for removal; never the other way round.',
    source,
  }));
  for (const verdict of of('error')) {
    checks.push({
      id: 'list-error',
      topic: 'lists',
      status: 'unknown',
      message: `${verdict.zone} gave no verdict on ${name}: ${quoteEvidence(verdict.meaning)}.`,
      evidence: verdict.codes,
      advice: 'Ask through a resolver of your own; public ones are refused by most lists.',
      source,
    });
  }
  const clean = verdicts.length - checks.length;
  if (clean > 0 && !checks.some(({ status }) => status === 'fail')) {
    checks.unshift({
      id: 'lists',
      topic: 'lists',
      status: 'pass',
      message: `${name} is on none of ${clean} lists that answered.`,
      evidence: of('allowed').map(({ zone, meaning }) => quoteEvidence(`${zone}: ${meaning}`)),
      source,
    });
  }
  return checks;
}
