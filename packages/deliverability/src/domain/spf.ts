import type { Resolver } from '@postern/dns';
import { checkSpf, lintSpf } from '@postern/spf';
import { quoteEvidence, type Check } from '../check.ts';

const source = 'RFC 7208';

export interface SpfCheckOptions {
  /** Addresses that the domain sends from: each must pass. */
  readonly addresses?: readonly string[];
  /** The name they give with HELO; the domain where left out. */
  readonly helo?: string;
  readonly signal?: AbortSignal;
}

/** Whether the SPF record is sound, within its budget, and covers the domain's own addresses. */
export async function checkSpfRecord(
  resolver: Resolver,
  domain: string,
  { addresses = [], helo = domain, signal }: SpfCheckOptions = {},
): Promise<{ readonly checks: readonly Check[]; readonly record: string | null }> {
  const { record, findings, budget } = await lintSpf(domain, { resolver, ...(signal ? { signal } : {}) });
  const evidence = record === null ? [] : [quoteEvidence(`${domain}: ${record}`)];
  const checks: Check[] = findings.map(({ rule, level, message, advice, domain: of }) => ({
    id: `spf-${rule}`,
    topic: 'spf',
    status:
      rule === 'dns' ? 'unknown' : level === 'error' ? 'fail' : level === 'warning' ? 'warning' : 'info',
    message: quoteEvidence(sentence(of === undefined || of === domain ? message : `${of}: ${message}`)),
    evidence,
    advice: quoteEvidence(advice),
    source,
  }));
  if (record !== null && !checks.some(({ status }) => status === 'fail' || status === 'warning')) {
    const spent =
      budget === null ? '' : `: ${budget.lookups} of 10 lookups${budget.complete ? '' : ' at least'}`;
    checks.unshift({
      id: 'spf-record',
      topic: 'spf',
      status: 'pass',
      message: `The SPF record is sound${spent}.`,
      evidence,
      source,
    });
  }
  if (record !== null) {
    const covered = await Promise.all(
      addresses.map((address) => coverage(resolver, domain, address, helo, signal)),
    );
    checks.push(...covered);
  }
  return { checks, record };
}

async function coverage(
  resolver: Resolver,
  domain: string,
  address: string,
  helo: string,
  signal?: AbortSignal,
): Promise<Check> {
  const { result, matched, error } = await checkSpf(
    { ip: address, helo, sender: `postmaster@${domain}` },
    { resolver, ...(signal ? { signal } : {}) },
  );
  const passes = result === 'pass';
  const because = matched
    ? ` by ${quoteEvidence(matched.term)}`
    : error
      ? ` (${quoteEvidence(error.message)})`
      : '';
  return {
    id: 'spf-address',
    topic: 'spf',
    status: passes ? 'pass' : result === 'temperror' ? 'unknown' : 'fail',
    message: `Mail of ${domain} from ${address} gets SPF ${result}${because}.`,
    evidence: [],
    ...(passes
      ? {}
      : result === 'temperror'
        ? { advice: 'Ask again, or ask another resolver.' }
        : {
            advice: `Add ${address.includes(':') ? 'ip6' : 'ip4'}:${address} to the SPF record of ${domain}.`,
          }),
    source: `${source} section 2.6`,
  };
}

function sentence(text: string): string {
  // A domain at the beginning stays as it is written.
  const upper = /^[^\s.]+(?:\s|$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
