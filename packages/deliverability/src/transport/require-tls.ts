import { findParameter, satisfies, valueOf, type MainCf } from '@postern/config';
import type { Change, Plan, Reason } from '@postern/plan';
import { parseDomain } from '../domain-name.ts';
import { DeliverabilityError } from '../error.ts';

/** How much is asked of a domain's servers (postconf(5) smtp_tls_policy_maps, TLS_README). */
export type TlsLevel = 'encrypt' | 'dane-only' | 'verify';

export interface RequireTlsOptions {
  readonly main: MainCf;
  /** For example `3.7.11`. */
  readonly version: string;
  /** What the plan is for: a folder, host or URL. */
  readonly target: string;
  /** The policy table `tls_policy` as it is; empty where there is none. */
  readonly table?: string;
}

const path = 'tls_policy';
const map = `texthash:$config_directory/${path}`;
const bundle = '/etc/ssl/certs/ca-certificates.crt';

const meanings: Readonly<Record<TlsLevel, string>> = {
  encrypt: 'mail to it waits rather than go in clear text',
  'dane-only': 'mail to it goes only to servers that its signed TLSA records name',
  verify: 'mail to it goes only to servers with a certificate of a known authority for their MX name',
};

/**
 * Requires TLS for mail to named domains; for all others nothing changes.
 *
 * Postfix looks a policy up by next hop. That is the recipient's domain, unless relayhost or transport_maps send mail
 * elsewhere: then name the next hop as it stands there, `[mail.example.com]:587`.
 *
 * @param domains - the level by recipient domain or next hop
 * @throws DeliverabilityError bad-domain; bad-record for a level that the version does not have, and where relayhost
 *   takes the mail of a named domain, so that a policy for the domain would not be looked at
 */
export function requireTls(domains: Readonly<Record<string, TlsLevel>>, options: RequireTlsOptions): Plan {
  const { main, version, target, table = '' } = options;
  const levels = new Map(
    Object.entries(domains).map(([name, level]) => {
      return [parseNextHop(name), level] as const;
    }),
  );
  const wants = new Set(levels.values());
  if (wants.has('dane-only') && !satisfies(version, '>=2.11')) {
    throw new DeliverabilityError(
      'bad-record',
      `dane-only needs Postfix 2.11; this is ${version}: use verify or encrypt`,
    );
  }
  const written = (name: string): string => {
    const entry = findParameter(main, name);
    return entry ? valueOf(entry) : '';
  };
  const relayhost = written('relayhost').toLowerCase();
  if (relayhost !== '' && !levels.has(relayhost) && written('transport_maps') === '') {
    throw new DeliverabilityError(
      'bad-record',
      `relayhost = ${relayhost} takes all mail, so a policy for a domain is never looked at: require TLS of ${relayhost} itself`,
    );
  }
  const because = reason(levels, written('transport_maps'));
  const changes: Change[] = [
    { type: 'put-file', path, content: mergeTable(table, levels), mode: 0o644, because },
  ];
  const maps = written('smtp_tls_policy_maps');
  if (!maps.split(/[\s,]+/).some((one) => one === map || one.endsWith(`/${path}`))) {
    changes.push({
      type: 'set-parameter',
      name: 'smtp_tls_policy_maps',
      value: maps === '' ? map : `${map}, ${maps}`,
      because,
    });
  }
  if (wants.has('dane-only') && written('smtp_dns_support_level') !== 'dnssec') {
    changes.push({
      type: 'set-parameter',
      name: 'smtp_dns_support_level',
      value: 'dnssec',
      because: {
        why: 'dane-only believes TLSA records only when the resolver has validated them; a validating resolver on this host is needed too.',
        source: 'postconf(5) smtp_dns_support_level',
        versions: '>=2.11',
      },
    });
  }
  if (wants.has('verify') && written('smtp_tls_CAfile') === '' && written('smtp_tls_CApath') === '') {
    changes.push({
      type: 'set-parameter',
      name: 'smtp_tls_CAfile',
      value: bundle,
      because: {
        why: 'verify needs authorities to trust; without any it trusts no server.',
        source: 'postconf(5) smtp_tls_CAfile',
        versions: 'all',
      },
    });
  }
  return {
    target: { name: target, postfix: version },
    changes,
    checks: [{ id: 'configuration', description: 'Postfix accepts the configuration.' }],
  };
}

/** A domain, or a next hop: `[mail.example.com]`, with or without a port. */
function parseNextHop(text: string): string {
  const [, open = '', name = text, port = ''] = /^(\[?)([^[\]:]+)\]?(:\d{1,5})?$/.exec(text.trim()) ?? [];
  const parsed = parseDomain(name);
  if ('problem' in parsed) throw new DeliverabilityError('bad-domain', parsed.problem);
  return open === '' ? `${parsed.domain}${port}` : `[${parsed.domain}]${port}`;
}

function reason(levels: ReadonlyMap<string, TlsLevel>, transportMaps: string): Reason {
  const parts = [...levels].map(([domain, level]) => `${domain}: ${meanings[level]}`);
  return {
    why: `${parts.join('; ')}.${transportMaps === '' ? '' : ' transport_maps may send mail elsewhere: a policy is looked up by the next hop that stands there.'}`,
    source: 'TLS_README, TLS policy table; GDPR article 32',
    versions: '>=2.8',
  };
}

/** The table with the domains' lines put in the place of older ones, or at its end. */
function mergeTable(table: string, levels: ReadonlyMap<string, TlsLevel>): string {
  const left = new Map(levels);
  const lines = table === '' ? [] : table.replace(/\n$/, '').split('\n');
  const kept = lines.flatMap((line, index) => {
    const key = /^([^\s#]\S*)/.exec(line)?.[1]?.toLowerCase();
    const owner = /^\s/.test(line) ? keyAbove(lines, index) : undefined;
    // A line that goes on with white space belongs to the key above it.
    if (owner !== undefined && levels.has(owner)) return [];
    const level = key === undefined ? undefined : levels.get(key);
    if (key === undefined || level === undefined) return [line];
    if (!left.delete(key)) return [];
    return [`${key} ${level}`];
  });
  return `${[...kept, ...[...left].map(([domain, level]) => `${domain} ${level}`)].join('\n')}\n`;
}

function keyAbove(lines: readonly string[], index: number): string | undefined {
  for (let above = index - 1; above >= 0; above -= 1) {
    const key = /^([^\s#]\S*)/.exec(lines[above]!)?.[1];
    if (key !== undefined) return key.toLowerCase();
  }
  return undefined;
}
