import { isIP } from 'node:net';
import { DnsError } from './error.ts';

/** A server as a person names it, taken apart. */
export type ServerAddress =
  | { readonly protocol: 'udp' | 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly protocol: 'tls';
      readonly host: string;
      readonly port: number;
      readonly certificateName: string;
    }
  | { readonly protocol: 'https'; readonly url: URL }
  | { readonly protocol: 'system' };

/**
 * Reads the name of a server.
 *
 *     192.0.2.1   192.0.2.1:5353   2001:db8::1   [2001:db8::1]:53     UDP, and TCP where an answer does not fit
 *     tcp://192.0.2.1:53
 *     tls://192.0.2.1   tls://[2001:db8::1]:853#dns.example   tls://dns.example     # the certificate's name
 *     https://dns.example/dns-query
 *     system                                                          whatever the machine is configured to ask
 *
 * @throws DnsError bad-server
 */
export function parseServer(text: string): ServerAddress {
  if (text === 'system') return { protocol: 'system' };
  const [, scheme = 'udp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(text) ?? [];
  if (scheme === 'https') {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || url.username || url.hash) throw bad(text);
    return { protocol: 'https', url };
  }
  const [place = '', certificateName] = rest.split('#', 2);
  const { host, port } = isIP(place) ? { host: place } : splitPort(text, place);
  if (scheme === 'tls' && (isIP(host) || /^[\w.-]+$/.test(host)))
    return { protocol: 'tls', host, port: port ?? 853, certificateName: certificateName ?? host };
  if ((scheme === 'udp' || scheme === 'tcp') && isIP(host) && certificateName === undefined)
    return { protocol: scheme, host, port: port ?? 53 };
  throw bad(text);
}

function splitPort(text: string, place: string): { host: string; port?: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(place);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (!match || port === 0 || (port ?? 1) > 65_535 || (match[1] !== undefined && isIP(match[1]) !== 6))
    throw bad(text);
  return { host: match[1] ?? match[2]!, ...(port === undefined ? {} : { port }) };
}

function bad(text: string): DnsError {
  return new DnsError(
    'bad-server',
    `${JSON.stringify(text)} names no DNS server: write 192.0.2.1, 192.0.2.1:53, [2001:db8::1]:53, tcp://192.0.2.1, ` +
      'tls://192.0.2.1#dns.example, https://dns.example/dns-query or system',
  );
}
