import dns from 'node:dns';
import type { ClosableResolver } from './resolver.ts';
import { cachedResolver, type CacheOptions } from './cache/cached-resolver.ts';
import { httpsTransport } from './drivers/https.ts';
import { limitInflight } from './drivers/inflight.ts';
import { systemTransport } from './drivers/system.ts';
import { tcpTransport } from './drivers/tcp.ts';
import { tlsTransport } from './drivers/tls.ts';
import type { Transport } from './drivers/transport.ts';
import { udpTransport } from './drivers/udp.ts';
import { DnsError } from './error.ts';
import { upstreamResolver } from './lookup.ts';
import { parseServer } from './server-address.ts';
import { ownCodec } from './wire/codec.ts';
import type { Codec } from './wire/message.ts';

export interface ResolverOptions {
  /**
   * Whom to ask, the first one first, the next one when it fails: `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`,
   * `tcp://192.0.2.1`, `tls://192.0.2.1#dns.example`, `https://dns.example/dns-query`, `system`.
   * Without it the servers of the system's configuration.
   */
  readonly servers?: readonly string[];
  /** How long one attempt at one server may take, in ms (2 000). */
  readonly timeout?: number;
  /** How long a lookup may take with all its attempts and aliases, in ms (5 000). */
  readonly deadline?: number;
  /** How many questions may be under way at one server (64); the others wait their turn. */
  readonly inflight?: number;
  /** Spell names in random case, which a forger must guess (true); some few servers cannot cope. */
  readonly mixedCase?: boolean;
  /** Authorities to trust for `tls:` and `https:` instead of the system's, in PEM. */
  readonly ca?: string;
  /** What answers are kept, or false for none (the defaults of `CacheOptions`). */
  readonly cache?: boolean | CacheOptions;
}

/**
 * A resolver that asks DNS servers.
 *
 * @throws DnsError bad-server, bad-option
 */
export function createResolver(options: ResolverOptions = {}): ClosableResolver {
  return createResolverOn(ownCodec, options);
}

/** The same on any codec, so that codecs can be measured against each other. */
export function createResolverOn(codec: Codec, options: ResolverOptions): ClosableResolver {
  const { servers = dns.getServers(), cache = true } = options;
  const timeout = positive('timeout', options.timeout ?? 2_000);
  const deadline = positive('deadline', options.deadline ?? 5_000);
  const inflight = positive('inflight', options.inflight ?? 64);
  if (servers.length === 0) throw new DnsError('bad-option', 'servers is empty: name at least one');
  const transports = servers.map((server) =>
    limitInflight(transport(server, { ...options, timeout, codec }), inflight),
  );
  const upstream = upstreamResolver(transports, deadline);
  if (cache === false) return upstream;
  const cached = cachedResolver(upstream, cache === true ? {} : cache);
  const close = async (): Promise<void> => {
    cached.clear();
    await upstream.close();
  };
  return {
    resolve: (name, type, each) => cached.resolve(name, type, each),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface TransportOptions extends ResolverOptions {
  readonly timeout: number;
  readonly codec: Codec;
}

function transport(server: string, { timeout, codec, ca, mixedCase = true }: TransportOptions): Transport {
  const address = parseServer(server);
  const common = { server, timeout, codec };
  switch (address.protocol) {
    case 'udp':
      return udpTransport({
        ...common,
        ...address,
        mixedCase,
        overTcp: tcpTransport({ ...common, ...address }),
      });
    case 'tcp':
      return tcpTransport({ ...common, ...address });
    case 'tls':
      return tlsTransport({ ...common, ...address, ca });
    case 'https':
      return httpsTransport({ ...common, ...address, ca });
    case 'system':
      return systemTransport({ timeout });
  }
}

function positive(name: string, value: number): number {
  // Timers take 32 bits.
  if (value > 0 && value < 2 ** 31) return value;
  throw new DnsError('bad-option', `${name} is ${value}: write a number above 0`);
}
