import { parseTagList } from '../tag-list.ts';

export type DmarcPolicy = 'none' | 'quarantine' | 'reject';

/** A DMARC record (RFC 9989 section 4.7), defaults filled in. */
export interface DmarcRecord {
  readonly text: string;
  /** For the domain itself; null where nothing usable is written and nobody gets reports. */
  readonly policy: DmarcPolicy | null;
  /** For subdomains that exist, and for those that do not. */
  readonly subdomainPolicy: DmarcPolicy | null;
  readonly nonexistentPolicy: DmarcPolicy | null;
  /** Whether the names must be equal (`s`) or only of one organisation (`r`). */
  readonly dkimAlignment: 'r' | 's';
  readonly spfAlignment: 'r' | 's';
  /** `t=y`: receivers are asked to act one step milder. */
  readonly testing: boolean;
  /** `psd`: the domain is a public suffix (`y`), an organisation's own (`n`), or it is found by the walk (`u`). */
  readonly publicSuffix: 'y' | 'n' | 'u';
  readonly aggregateReports: readonly string[];
  readonly failureReports: readonly string[];
  readonly problems: readonly string[];
}

/** What makes a text a DMARC record: its first tag. The version is written exactly so (RFC 9989 section 4.7). */
export const dmarcVersion: RegExp = /^[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/;

const policies: ReadonlySet<string> = new Set<DmarcPolicy>(['none', 'quarantine', 'reject']);
const known = new Set(['v', 'p', 'sp', 'np', 'adkim', 'aspf', 't', 'psd', 'rua', 'ruf', 'fo']);
const dropped = new Set(['pct', 'rf', 'ri']);
/** A scheme and what may follow it in a URI (RFC 3986). */
const reportingUri = /^[a-z][a-z0-9+.-]*:[\w.~:/?#[\]@$&'()*+;=%-]*$/i;

/**
 * Reads a record; undefined for a text that is none, and for one with a tag that stands twice, which is discarded.
 *
 * A record without a usable `p`, `sp` or `np` counts as `p=none` where it names a report address, and asks for nothing
 * otherwise: its policy is null (RFC 9989 section 4.10.1).
 */
export function parseDmarc(text: string): DmarcRecord | undefined {
  if (!dmarcVersion.test(text)) return undefined;
  const { tags, repeated, problems: syntax } = parseTagList(text);
  if (repeated) return undefined;
  const problems = [...syntax];
  const readPolicy = (tag: 'p' | 'sp' | 'np'): DmarcPolicy | 'wrong' | undefined => {
    const value = tags.get(tag)?.toLowerCase();
    if (value === undefined || isPolicy(value)) return value;
    problems.push(`${tag}=${value} is none of none, quarantine and reject`);
    return 'wrong';
  };
  const choice = <T extends string>(tag: string, values: readonly T[], otherwise: T): T => {
    const value = tags.get(tag)?.toLowerCase();
    const found = values.find((one) => one === value);
    if (value !== undefined && found === undefined)
      problems.push(`${tag}=${value} is none of ${values.join(', ')}`);
    return found ?? otherwise;
  };
  const aggregateReports = addresses(tags.get('rua'));
  const [p, sp, np] = [readPolicy('p'), readPolicy('sp'), readPolicy('np')];
  if (p === undefined) problems.push('there is no p tag');
  const usable = p !== undefined && p !== 'wrong' && sp !== 'wrong' && np !== 'wrong';
  const reports = aggregateReports.some((uri) => reportingUri.test(uri));
  if (!usable) problems.push(reports ? 'so it counts as p=none' : 'so it asks receivers for nothing');
  const policy = usable ? p : reports ? 'none' : null;
  const subdomainPolicy = usable ? (sp ?? p) : policy;
  for (const tag of tags.keys()) {
    if (dropped.has(tag))
      problems.push(`the tag ${tag} is no longer part of DMARC (RFC 9989): receivers skip it`);
    else if (!known.has(tag)) problems.push(`the tag ${tag} is not known`);
  }
  return {
    text,
    policy,
    subdomainPolicy,
    nonexistentPolicy: usable ? (np ?? subdomainPolicy) : policy,
    dkimAlignment: choice('adkim', ['r', 's'], 'r'),
    spfAlignment: choice('aspf', ['r', 's'], 'r'),
    testing: choice('t', ['n', 'y'], 'n') === 'y',
    publicSuffix: choice('psd', ['y', 'n', 'u'], 'u'),
    aggregateReports,
    failureReports: addresses(tags.get('ruf')),
    problems,
  };
}

function isPolicy(value: string): value is DmarcPolicy {
  return policies.has(value);
}

/** `mailto:a@example.org!10m, mailto:b@example.net` without the size limits. */
function addresses(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((uri) => uri.trim().replace(/!\d+[kmgt]?$/i, ''))
    .filter((uri) => uri !== '');
}
