import type { Resolver } from '@postern/dns';
import { lookUp, lookUpRecords } from '../lookup.ts';
import { dmarcVersion, parseDmarc, type DmarcPolicy, type DmarcRecord } from './record.ts';

/** A step of the walk: whose record was asked for and what was there. */
export interface WalkStep {
  readonly domain: string;
  readonly record: DmarcRecord | null;
  /** Texts at `_dmarc.` that are no usable record, or more than one of them. */
  readonly trouble?: string;
}

export interface Walk {
  readonly steps: readonly WalkStep[];
  readonly organizationalDomain: string;
  /** Why the walk could not be finished: DNS failed. */
  readonly unknown?: string;
}

/** The policy that holds for an author's domain, and where it comes from. */
export interface DiscoveredPolicy {
  readonly record: DmarcRecord | null;
  /** The domain that published it; the author's own where there is none. */
  readonly from: string;
  readonly policy: DmarcPolicy | null;
  readonly walk: Walk;
}

/** Deeper names begin the walk above the author's domain at this many labels (RFC 9989 section 4.10). */
const deepest = 7;

/** The names that are asked: the domain, then its parents, at most eight in all. */
function walkNames(domain: string): string[] {
  const labels = domain.split('.');
  const names = [domain];
  const first = labels.length > deepest + 1 ? labels.length - deepest : 1;
  for (let index = first; index < labels.length; index += 1) names.push(labels.slice(index).join('.'));
  return names;
}

/**
 * Walks up the DNS tree for DMARC records and finds the Organizational Domain (RFC 9989 section 4.10).
 * All names are asked for at once; the result is as if one had been asked after the other.
 */
export async function walkTree(resolver: Resolver, domain: string, signal?: AbortSignal): Promise<Walk> {
  const names = walkNames(domain);
  const answers = await Promise.all(
    names.map(async (name) => ({
      name,
      answer: await lookUpRecords(resolver, `_dmarc.${name}`, dmarcVersion, signal),
    })),
  );
  const steps: WalkStep[] = [];
  for (const { name, answer } of answers) {
    if (answer.status === 'unknown') return { steps, organizationalDomain: domain, unknown: answer.why };
    const step = readStep(name, answer);
    steps.push(step);
    if (step.record?.publicSuffix === 'n') return { steps, organizationalDomain: name };
    // A public suffix's record ends the walk: the organisation is the name below it.
    if (step.record?.publicSuffix === 'y') {
      return { steps, organizationalDomain: name === domain ? domain : below(name, domain) };
    }
  }
  const topmost = steps.findLast(({ record }) => record !== null);
  return { steps, organizationalDomain: topmost?.domain ?? domain };
}

function readStep(
  domain: string,
  answer:
    | { readonly status: 'found'; readonly texts: readonly string[] }
    | { readonly status: 'none'; readonly others: readonly string[] },
): WalkStep {
  if (answer.status === 'none') {
    return answer.others.length === 0
      ? { domain, record: null }
      : { domain, record: null, trouble: `_dmarc.${domain} has a text that is no DMARC record` };
  }
  if (answer.texts.length > 1) {
    return {
      domain,
      record: null,
      trouble: `_dmarc.${domain} has ${answer.texts.length} DMARC records: none counts`,
    };
  }
  const record = parseDmarc(answer.texts[0]!);
  return record
    ? { domain, record }
    : {
        domain,
        record: null,
        trouble: `a tag stands twice in the record of _dmarc.${domain}: it does not count`,
      };
}

/** The name one label below `parent` on the way to `domain`. */
function below(parent: string, domain: string): string {
  const depth = parent.split('.').length + 1;
  return domain.split('.').slice(-depth).join('.');
}

/**
 * The policy for mail from a domain: its own record, else the Organizational Domain's, else a public suffix's
 * (RFC 9989 section 4.10.1). Of an inherited one `np` holds where the domain does not exist in DNS, else `sp`.
 */
export async function discoverPolicy(
  resolver: Resolver,
  domain: string,
  signal?: AbortSignal,
): Promise<DiscoveredPolicy> {
  const walk = await walkTree(resolver, domain, signal);
  const own = walk.steps[0];
  if (own?.record && own.domain === domain) {
    return { record: own.record, from: domain, policy: own.record.policy, walk };
  }
  const inherited =
    walk.steps.find((step) => step.domain === walk.organizationalDomain && step.record) ??
    walk.steps.find((step) => step.record?.publicSuffix === 'y');
  if (!inherited?.record) return { record: null, from: domain, policy: null, walk };
  const { subdomainPolicy, nonexistentPolicy } = inherited.record;
  const holds =
    subdomainPolicy === nonexistentPolicy || (await mayExist(resolver, domain, signal))
      ? subdomainPolicy
      : nonexistentPolicy;
  return { record: inherited.record, from: inherited.domain, policy: holds, walk };
}

/** Only NXDOMAIN says that a name does not exist; an alias exists even where its target does not (RFC 9989 A.4). */
async function mayExist(resolver: Resolver, domain: string, signal?: AbortSignal): Promise<boolean> {
  const address = await lookUp(resolver, domain, 'A', signal);
  if (address.status !== 'none' || address.exists) return true;
  const alias = await lookUp(resolver, domain, 'CNAME', signal);
  return alias.status !== 'none' || alias.exists;
}
