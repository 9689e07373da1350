import { isIP } from 'node:net';
import type { Resolver } from '@postern/dns';
import type { Dnsbl } from '@postern/dnsbl';
import { worstStatus, type Check } from '../check.ts';
import { DeliverabilityError } from '../error.ts';
import { probeSmtp, type SmtpSeen } from '../smtp/probe.ts';
import { checkHelo } from './helo.ts';
import { checkLists } from './lists.ts';
import { checkPort } from './ports.ts';
import { checkReverse } from './reverse.ts';
import { checkTls } from './tls.ts';

export interface HostSubject {
  /** The address that mail comes from, IPv4 or IPv6. */
  readonly address: string;
  /** The name it gives with HELO or EHLO; its reverse name where left out. */
  readonly helo?: string;
}

export interface ConnectOptions {
  /** Where the three ports are, for hosts behind another number; `false` leaves one out. */
  readonly ports?: {
    readonly 25?: number | false;
    readonly 465?: number | false;
    readonly 587?: number | false;
  };
  /** Authorities to trust instead of the system's, in PEM. */
  readonly ca?: string;
  /** How long one connection may take in all, in ms (10 000). */
  readonly timeout?: number;
}

export interface HostOptions {
  readonly resolver: Resolver;
  /** Lists to ask; none where left out. */
  readonly dnsbl?: Dnsbl;
  /** `false` makes no connection. */
  readonly connect?: ConnectOptions | false;
  /** The time to hold certificates against (now). */
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** What a host looks like from outside. Plain JSON data. */
export interface HostReport {
  readonly address: string;
  readonly helo: string | null;
  /** Names that lead to the address and back. */
  readonly names: readonly string[];
  readonly status: 'pass' | 'warning' | 'fail' | 'unknown';
  readonly checks: readonly Check[];
}

/**
 * Looks at a mail host from outside: reverse DNS, HELO, lists, the ports 25, 465 and 587, TLS and certificates.
 *
 * @throws DeliverabilityError bad-address. What the network does is a check's result.
 */
export async function checkHost({ address, helo }: HostSubject, options: HostOptions): Promise<HostReport> {
  if (!isIP(address)) {
    throw new DeliverabilityError(
      'bad-address',
      `${JSON.stringify(address.slice(0, 80))} is no IP address: look the host's name up first, and check each of its addresses`,
    );
  }
  const { resolver, dnsbl, connect = {}, now = new Date(), signal } = options;
  const reverse = await checkReverse(resolver, address, signal);
  const name = helo ?? reverse.names[0];
  const [greeting, lists, seen] = await Promise.all([
    name === undefined
      ? undefined
      : checkHelo(resolver, { address, helo: name, names: reverse.names }, signal),
    dnsbl ? checkLists(dnsbl, { address }, signal) : [],
    connect === false ? [] : probePorts(address, name ?? address, connect, signal),
  ]);
  const checks = [
    ...reverse.checks,
    greeting ?? unknownHelo(address),
    ...lists,
    ...seen.map(({ role, result }) => checkPort(role, result)),
    ...seen.flatMap(({ result }) => checkTls(result, { name: name ?? address, now })),
  ];
  return { address, helo: name ?? null, names: reverse.names, status: worstStatus(checks), checks };
}

function unknownHelo(address: string): Check {
  return {
    id: 'helo',
    topic: 'helo',
    status: 'unknown',
    message: `What ${address} says in HELO cannot be seen from here.`,
    evidence: [],
    advice: 'Give it (--helo): postconf -h smtp_helo_name says what Postfix sends.',
    source: 'RFC 5321 section 4.1.1.1',
  };
}

async function probePorts(
  address: string,
  name: string,
  { ports = {}, ca, timeout }: ConnectOptions,
  signal: AbortSignal | undefined,
): Promise<{ readonly role: 25 | 465 | 587; readonly result: SmtpSeen }[]> {
  const roles = ([25, 465, 587] as const).flatMap((role) => {
    const port = ports[role] ?? role;
    return port === false ? [] : [{ role, port }];
  });
  return Promise.all(
    roles.map(async ({ role, port }) => ({
      role,
      result: await probeSmtp(address, port, {
        name,
        implicitTls: role === 465,
        ...(ca === undefined ? {} : { ca }),
        ...(timeout === undefined ? {} : { timeout }),
        ...(signal ? { signal } : {}),
      }),
    })),
  );
}
