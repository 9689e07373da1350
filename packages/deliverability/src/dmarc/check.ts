import type { Resolver } from '@postern/dns';
import { quoteEvidence, type Check } from '../check.ts';
import { isWithin, parseDomain } from '../domain-name.ts';
import { lookUpRecords } from '../lookup.ts';
import { dmarcVersion, type DmarcRecord } from './record.ts';
import { discoverPolicy, walkTree, type DiscoveredPolicy } from './tree-walk.ts';

const source = 'RFC 9989';

/** Whether a DMARC policy holds for the domain, what it asks for, and whether its reports can arrive. */
export async function checkDmarc(
  resolver: Resolver,
  domain: string,
  signal?: AbortSignal,
): Promise<{ readonly checks: readonly Check[]; readonly discovered: DiscoveredPolicy }> {
  const discovered = await discoverPolicy(resolver, domain, signal);
  const { record, walk } = discovered;
  const checks: Check[] = walk.steps
    .filter((step) => step.trouble !== undefined)
    .map(({ domain: at, trouble }) => ({
      id: 'dmarc-record',
      topic: 'dmarc',
      status: at === domain && record === null ? 'fail' : 'warning',
      message: `${trouble}.`,
      evidence: [],
      advice: `Publish exactly one text at _dmarc.${at} that begins with "v=DMARC1; p=".`,
      source: `${source} section 4.10`,
    }));
  if (!record) {
    if (walk.unknown !== undefined) checks.push(unseen('dmarc-record', walk.unknown));
    else if (!checks.some(({ status }) => status === 'fail')) checks.push(missing(domain));
    return { checks, discovered };
  }
  checks.push(found(domain, discovered, record), strength(domain, discovered, record));
  checks.push(...(await reportChecks(resolver, discovered, record, signal)));
  return { checks, discovered };
}

function unseen(id: string, why: string): Check {
  return {
    id,
    topic: 'dmarc',
    status: 'unknown',
    message: `Whether there is a DMARC policy is not known: ${why}.`,
    evidence: [],
    advice: 'Ask again, or ask another resolver.',
    source,
  };
}

function missing(domain: string): Check {
  return {
    id: 'dmarc-record',
    topic: 'dmarc',
    status: 'fail',
    message: `${domain} has no DMARC record, and none above it counts.`,
    evidence: [],
    advice: `Publish at _dmarc.${domain}: v=DMARC1; p=none; rua=mailto:dmarc@${domain} — then read the reports and go on to p=reject.`,
    source,
  };
}

function found(domain: string, { from }: DiscoveredPolicy, record: DmarcRecord): Check {
  const where =
    from === domain ? `${domain} has a DMARC record` : `The DMARC record of ${from} holds for ${domain}`;
  const trouble = record.problems.join('; ');
  return {
    id: 'dmarc-record',
    topic: 'dmarc',
    status: record.policy === null ? 'fail' : trouble === '' ? 'pass' : 'warning',
    message: trouble === '' ? `${where}.` : `${where}, but ${quoteEvidence(trouble)}.`,
    evidence: [quoteEvidence(`_dmarc.${from}: ${record.text}`)],
    ...(trouble === '' ? {} : { advice: `Mend the record at _dmarc.${from}.` }),
    source: `${source} section 4.7`,
  };
}

function strength(domain: string, { policy, from }: DiscoveredPolicy, record: DmarcRecord): Check {
  const strong = policy !== 'none' && policy !== null && !record.testing;
  return {
    id: 'dmarc-policy',
    topic: 'dmarc',
    status: strong ? 'pass' : 'warning',
    message: strong
      ? `Receivers are asked to ${policy === 'reject' ? 'reject' : 'quarantine'} mail that forges ${domain}.`
      : record.testing && policy !== 'none' && policy !== null
        ? `The policy is ${policy}, but t=y asks receivers to act one step milder.`
        : `The policy is none: receivers are asked for reports only, and forged mail goes through.`,
    evidence: [],
    ...(strong
      ? {}
      : {
          advice: `When the reports show that all your own mail passes, publish ${from === domain ? 'p=quarantine, then p=reject' : 'sp=quarantine, then sp=reject, or a record of its own'}, without t=y.`,
        }),
    source: `${source} section 4.7`,
  };
}

/** Whether the mailboxes that reports go to want them: another organisation has to say so in DNS. */
async function reportChecks(
  resolver: Resolver,
  { from, walk }: DiscoveredPolicy,
  record: DmarcRecord,
  signal?: AbortSignal,
): Promise<Check[]> {
  if (record.aggregateReports.length === 0) {
    return [
      {
        id: 'dmarc-reports',
        topic: 'dmarc',
        status: 'warning',
        message: 'Nobody gets aggregate reports: the record names no rua address.',
        evidence: [],
        advice: `Add rua=mailto:dmarc@${from} and read what comes: it shows who sends in your name.`,
        source: `${source} section 4.7`,
      },
    ];
  }
  const uris = [...new Set([...record.aggregateReports, ...record.failureReports])];
  return Promise.all(uris.map((uri) => reportCheck(resolver, from, walk.organizationalDomain, uri, signal)));
}

async function reportCheck(
  resolver: Resolver,
  from: string,
  organization: string,
  uri: string,
  signal?: AbortSignal,
): Promise<Check> {
  const check = { id: 'dmarc-reports', topic: 'dmarc', evidence: [], source: 'RFC 9990 section 4' } as const;
  const shown = quoteEvidence(uri);
  const host = /^mailto:[^@]+@([^?]+)/i.exec(uri)?.[1];
  const target = host === undefined ? { problem: 'it is no mailto: address' } : parseDomain(host);
  if ('problem' in target) {
    return {
      ...check,
      status: 'fail',
      message: `No report can be sent to ${shown}: ${target.problem}.`,
      advice: 'Write mailto:user@domain, with commas between several.',
    };
  }
  const { domain } = target;
  if (isWithin(domain, organization)) {
    return { ...check, status: 'pass', message: `Reports go to ${shown}, within the organisation.` };
  }
  const name = `${from}._report._dmarc.${domain}`;
  const [answer, theirs] = await Promise.all([
    lookUpRecords(resolver, name, dmarcVersion, signal),
    walkTree(resolver, domain, signal),
  ]);
  if (theirs.organizationalDomain === organization && theirs.unknown === undefined) {
    return { ...check, status: 'pass', message: `Reports go to ${shown}, within the organisation.` };
  }
  if (answer.status === 'unknown') {
    return {
      ...check,
      status: 'unknown',
      message: `Whether ${domain} takes reports about ${from} is not known: ${answer.why}.`,
      advice: 'Ask again, or ask another resolver.',
    };
  }
  return answer.status === 'found'
    ? {
        ...check,
        status: 'pass',
        message: `Reports go to ${shown}, and ${domain} agrees to get them.`,
        evidence: [quoteEvidence(`${name}: ${answer.texts[0]!}`)],
      }
    : {
        ...check,
        status: 'fail',
        message: `Reports to ${shown} are not sent: ${domain} does not say that it takes reports about ${from}.`,
        advice: `Have the text "v=DMARC1" published at ${name}, or use a mailbox of your own domain.`,
      };
}
