import { request } from 'node:https';
import { addressesOf } from '../lookup.ts';
import type { Resolver } from '@postern/dns';

export interface FetchOptions {
  readonly resolver: Resolver;
  /** Authorities to trust instead of the system's, in PEM. */
  readonly ca?: string;
  /** The port of the policy host (443). */
  readonly port?: number;
  /** How long all of it may take, in ms (10 000). */
  readonly timeout?: number;
  /** More bytes than this are not read (65 536; RFC 8461 section 3.3 advises a limit). */
  readonly maxBytes?: number;
  /** Which addresses may be connected to (all). */
  readonly mayConnect?: (address: string) => boolean;
  readonly signal?: AbortSignal;
}

export type FetchedText = { readonly text: string } | { readonly problem: string };

/** Addresses beyond these are not tried. */
const mostAddresses = 4;

/**
 * Gets a file over HTTPS as RFC 8461 section 3.3 asks: the certificate must hold, redirects are not followed, only 200
 * counts. The name is looked up with the given resolver, and no proxy is asked.
 */
export async function fetchText(
  host: string,
  path: string,
  {
    resolver,
    ca,
    port = 443,
    timeout = 10_000,
    maxBytes = 65_536,
    mayConnect = () => true,
    signal,
  }: FetchOptions,
): Promise<FetchedText> {
  const limit = AbortSignal.timeout(timeout);
  const until = signal ? AbortSignal.any([signal, limit]) : limit;
  const { addresses, unknown } = await addressesOf(resolver, host, until);
  if (addresses.length === 0) return { problem: unknown ?? `${host} has no address` };
  const allowed = addresses.filter((address) => mayConnect(address)).slice(0, mostAddresses);
  let problem = `none of the addresses of ${host} may be connected to`;
  for (const address of allowed) {
    const got = await get({ address, host, path, port, ca, maxBytes, signal: until });
    if ('text' in got || 'final' in got) return got;
    problem = got.problem;
    if (until.aborted) break;
  }
  return { problem: limit.aborted ? `https://${host}${path} took longer than ${timeout} ms` : problem };
}

function get({
  address,
  host,
  path,
  port,
  ca,
  maxBytes,
  signal,
}: {
  address: string;
  host: string;
  path: string;
  port: number;
  ca: string | undefined;
  maxBytes: number;
  signal: AbortSignal;
}): Promise<{ text: string } | { problem: string; final?: true }> {
  return new Promise((resolve) => {
    const fail = (problem: string, final = false): void => {
      resolve(final ? { problem, final } : { problem });
      asked.destroy();
    };
    const asked = request(
      {
        host: address,
        servername: host,
        path,
        port,
        ...(ca === undefined ? {} : { ca }),
        agent: false,
        signal,
        headers: { host, accept: 'text/plain' },
      },
      (reply) => {
        const { statusCode = 0 } = reply;
        if (statusCode !== 200) {
          fail(
            statusCode >= 300 && statusCode < 400
              ? `https://${host}${path} redirects (${statusCode}), which senders do not follow`
              : `https://${host}${path} answers ${statusCode}`,
            true,
          );
          return;
        }
        const type = reply.headers['content-type'] ?? '';
        if (!/^text\/plain\s*(?:;|$)/i.test(type)) {
          fail(
            `https://${host}${path} is ${type === '' ? 'of no stated type' : type.slice(0, 60)}, not text/plain`,
            true,
          );
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        reply.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxBytes) fail(`https://${host}${path} is longer than ${maxBytes} bytes`, true);
          else chunks.push(chunk);
        });
        reply.on('end', () => resolve({ text: Buffer.concat(chunks).toString('utf8') }));
        reply.on('error', (cause) => fail(`reading https://${host}${path} failed: ${cause.message}`));
      },
    );
    asked.on('error', (cause) =>
      fail(`https://${host}${path} cannot be had from ${address}: ${cause.message}`),
    );
    asked.end();
  });
}
