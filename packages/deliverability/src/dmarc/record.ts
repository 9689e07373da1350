import { parseTagList } from '../tag-list.ts';

export type DmarcPolicy = 'none' | 'quarantine' | 'reject';

/** A DMARC record (RFC 9989 section 4.7), defaults filled in. */
export interface DmarcRecord {
  readonly text: string;
  /** For the domain itself. */
  readonly policy: DmarcPolicy;
  /** For subdomains that exist, and for those that do not. */
  readonly subdomainPolicy: DmarcPolicy;
  readonly nonexistentPolicy: DmarcPolicy;
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

/** What makes a text a DMARC record: its first tag. The version is written exactly so. */
export const dmarcVersion: RegExp = /^v\s*=\s*DMARC1\s*(?:;|$)/;

const policies: ReadonlySet<string> = new Set<DmarcPolicy>(['none', 'quarantine', 'reject']);
const known = new Set(['v', 'p', 'sp', 'np', 'adkim', 'aspf', 't', 'psd', 'rua', 'ruf', 'fo']);
const dropped = new Set(['pct', 'rf', 'ri']);

/**
 * Reads a record. A record without a usable `p` counts as `p=none` where it names a report address (RFC 9989 section
 * 4.7), and is no record otherwise: then `undefined`.
 */
export function parseDmarc(text: string): DmarcRecord | undefined {
  if (!dmarcVersion.test(text)) return undefined;
  const { tags, problems: syntax } = parseTagList(text);
  const problems = [...syntax];
  const readPolicy = (tag: 'p' | 'sp' | 'np'): DmarcPolicy | undefined => {
    const value = tags.get(tag)?.toLowerCase();
    if (value === undefined || isPolicy(value)) return value;
    problems.push(`${tag}=${value} is none of none, quarantine and reject`);
    return undefined;
  };
  const choice = <T extends string>(tag: string, values: readonly T[], otherwise: T): T => {
    const value = tags.get(tag)?.toLowerCase();
    const found = values.find((one) => one === value);
    if (value !== undefined && found === undefined)
      problems.push(`${tag}=${value} is none of ${values.join(', ')}`);
    return found ?? otherwise;
  };
  const aggregateReports = addresses(tags.get('rua'));
  const policy = readPolicy('p') ?? (aggregateReports.length > 0 ? 'none' : undefined);
  if (policy === undefined) return undefined;
  if (!tags.has('p')) problems.push('there is no p tag: it counts as p=none');
  const subdomainPolicy = readPolicy('sp') ?? policy;
  for (const tag of tags.keys()) {
    if (dropped.has(tag))
      problems.push(`the tag ${tag} is no longer part of DMARC (RFC 9989): receivers skip it`);
    else if (!known.has(tag)) problems.push(`the tag ${tag} is not known`);
  }
  return {
    text,
    policy,
    subdomainPolicy,
    nonexistentPolicy: readPolicy('np') ?? subdomainPolicy,
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
