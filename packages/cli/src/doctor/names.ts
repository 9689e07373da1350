import { getServers } from 'node:dns';
import type { Resolver } from '@postern/dns';
import type { EnvironmentCheck } from './check.ts';

/** Resolvers that everybody may use, and that block lists refuse for it. */
const publicResolvers: Readonly<Record<string, string>> = {
  '8.8.8.8': 'Google',
  '8.8.4.4': 'Google',
  '2001:4860:4860::8888': 'Google',
  '2001:4860:4860::8844': 'Google',
  '1.1.1.1': 'Cloudflare',
  '1.0.0.1': 'Cloudflare',
  '2606:4700:4700::1111': 'Cloudflare',
  '2606:4700:4700::1001': 'Cloudflare',
  '9.9.9.9': 'Quad9',
  '149.112.112.112': 'Quad9',
  '2620:fe::fe': 'Quad9',
  '208.67.222.222': 'OpenDNS',
  '208.67.220.220': 'OpenDNS',
};

/** Whether names can be looked up, and whether block lists answer to whom we ask. */
export async function checkNames(
  resolver: Resolver,
  signal: AbortSignal,
  servers: readonly string[] = getServers(),
): Promise<EnvironmentCheck[]> {
  const [name, list] = await Promise.all([
    resolver.resolve('com', 'NS', { signal }),
    // RFC 5782 section 5: every list of IPv4 addresses has 127.0.0.2 on it.
    resolver.resolve('2.0.0.127.zen.spamhaus.org', 'A', { signal }),
  ]);
  const works: EnvironmentCheck =
    name.status === 'found'
      ? { id: 'dns', topic: 'names', status: 'pass', message: `DNS answers (${servers.join(', ')}).` }
      : {
          id: 'dns',
          topic: 'names',
          status: 'unknown',
          message: `DNS does not answer: ${name.status === 'failed' ? (name.detail ?? name.reason) : name.status}.`,
          advice:
            'Reading and changing hosts goes without. For the commands that ask it (spf, dnsbl, domain, host), look at /etc/resolv.conf and at what is between this machine and its resolver, or name one with --server.',
        };
  return [works, ...publicOnes(servers), listCheck(list)];
}

function publicOnes(servers: readonly string[]): EnvironmentCheck[] {
  const found = servers.filter((server) => server in publicResolvers);
  if (found.length === 0) return [];
  return [
    {
      id: 'public-resolver',
      topic: 'names',
      status: 'info',
      message: `The resolver is a public one: ${found.map((server) => `${server} (${publicResolvers[server]})`).join(', ')}.`,
      advice:
        'Block lists refuse public resolvers, some with an answer that looks like a listing. Ask one of your own.',
    },
  ];
}

type Answer = Awaited<ReturnType<Resolver['resolve']>>;

function listCheck(answer: Answer): EnvironmentCheck {
  const base = { id: 'block-lists', topic: 'names' } as const;
  if (answer.status === 'failed')
    return {
      ...base,
      status: 'unknown',
      message: `Whether block lists answer cannot be seen: ${answer.detail ?? answer.reason}.`,
      advice: 'postern dnsbl health asks each list for its test points.',
    };
  const codes = answer.status === 'found' ? answer.records.map(String) : [];
  if (codes.some((code) => code.startsWith('127.0.0.')))
    return {
      ...base,
      status: 'pass',
      message: 'Block lists answer: the test point of zen.spamhaus.org is listed.',
    };
  return {
    ...base,
    status: 'info',
    message:
      codes.length === 0
        ? 'zen.spamhaus.org does not list its test point: the resolver is refused, or filters.'
        : `zen.spamhaus.org refuses the resolver (${codes.join(', ')}).`,
    advice: 'Ask a resolver of your own, or use a key of the Data Query Service: postern plan --dqs-key.',
  };
}
