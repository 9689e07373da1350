import { isIP } from 'node:net';
import type { Resolver } from '@postern/dns';
import type { Dnsbl } from '@postern/dnsbl';
import { worstStatus, type Check } from '../check.ts';
import { checkDkim } from '../dkim/check.ts';
import { checkDmarc } from '../dmarc/check.ts';
import { parseDomain } from '../domain-name.ts';
import { DeliverabilityError } from '../error.ts';
import { checkLists } from '../host/lists.ts';
import { checkTls } from '../host/tls.ts';
import { checkReverse } from '../host/reverse.ts';
import { checkMtaSts, type MtaStsOptions } from '../mta-sts/check.ts';
import { bulkSenderRules } from '../senders/bulk-senders.ts';
import { probeSmtp, type SmtpSeen } from '../smtp/probe.ts';
import { checkBimi } from './bimi.ts';
import { checkCaa } from './caa.ts';
import { checkDane } from './dane.ts';
import { checkMx, type Exchange } from './mx.ts';
import { checkSpfRecord } from './spf.ts';
import { checkTlsReporting } from './tls-reporting.ts';

export interface DomainConnectOptions {
  /** The port of the MX hosts (25) and of the policy host (443). */
  readonly ports?: { readonly smtp?: number; readonly https?: number };
  /** Authorities to trust instead of the system's, in PEM. */
  readonly ca?: string;
  /** How long one connection may take in all, in ms (10 000). */
  readonly timeout?: number;
  /**
   * Which addresses may be connected to (all). The owner of a domain says where its MX and policy host are: a service
   * that checks strangers' domains leaves its own networks out.
   */
  readonly mayConnect?: (address: string) => boolean;
}

export interface DomainOptions {
  readonly resolver: Resolver;
  /** DKIM selectors in use; without any, common names are tried. */
  readonly selectors?: readonly string[];
  /** Addresses that the domain sends from: SPF must let each of them pass, and each needs a name that leads back. */
  readonly addresses?: readonly string[];
  /** Lists of domains to ask; none where left out. */
  readonly dnsbl?: Dnsbl;
  /** `false` makes no connection: neither to the MX hosts nor for the MTA-STS policy. */
  readonly connect?: DomainConnectOptions | false;
  /** The time to hold certificates against (now). */
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** What a domain looks like from outside. Plain JSON data. */
export interface DomainReport {
  readonly domain: string;
  readonly status: 'pass' | 'warning' | 'fail' | 'unknown';
  readonly exchanges: readonly Exchange[];
  readonly checks: readonly Check[];
}

/** MX hosts beyond these are not connected to: they are spares. */
const mostConnected = 5;

/**
 * Looks at a mail domain from outside: MX, SPF, DKIM, DMARC, MTA-STS, TLS reporting, DANE, BIMI, CAA, lists, the TLS of
 * its MX hosts, and what that comes to under the bulk-sender rules of the large receivers.
 *
 * @throws DeliverabilityError bad-domain, bad-address. What the network does is a check's result.
 */
export async function checkDomain(name: string, options: DomainOptions): Promise<DomainReport> {
  const parsed = parseDomain(name);
  if ('problem' in parsed) throw new DeliverabilityError('bad-domain', parsed.problem);
  const { domain } = parsed;
  const { resolver, selectors, addresses, dnsbl, connect = {}, now = new Date(), signal } = options;
  const withSignal = signal ? { signal } : {};
  const wrong = addresses?.find((address) => !isIP(address));
  if (wrong !== undefined) {
    throw new DeliverabilityError('bad-address', `${JSON.stringify(wrong.slice(0, 80))} is no IP address`);
  }

  const throughMx = checkMx(resolver, domain, signal).then(async (mx) => {
    const hosts = mx.exchanges.map(({ host }) => host);
    const seen = connect === false ? [] : await probeExchanges(mx.exchanges, connect, signal);
    const [sts, dane, caa] = await Promise.all([
      hosts.length === 0
        ? { checks: [] }
        : checkMtaSts(domain, hosts, { resolver, ...fetchOptions(connect), ...withSignal }),
      Promise.all(
        hosts.map((host) => {
          const chain = seen.find((one) => one.host === host)?.result.tls?.certificate?.chain;
          const subject = { host, mxAuthenticated: mx.authenticated, now, ...(chain ? { chain } : {}) };
          return checkDane(resolver, subject, signal);
        }),
      ),
      hosts[0] === undefined ? [] : checkCaa(resolver, hosts[0], signal).then((check) => [check]),
    ]);
    const tls = seen.flatMap(({ host, result }) => tlsChecks(host, result, now));
    return { mx, checks: [...sts.checks, ...dane, ...caa, ...tls] };
  });
  const [{ mx, checks: exchangeChecks }, spf, dkim, dmarc, reporting, lists, reverse] = await Promise.all([
    throughMx,
    checkSpfRecord(resolver, domain, { ...(addresses ? { addresses } : {}), ...withSignal }),
    checkDkim(resolver, domain, { ...(selectors ? { selectors } : {}), ...withSignal }),
    checkDmarc(resolver, domain, signal),
    checkTlsReporting(resolver, domain, signal),
    dnsbl ? checkLists(dnsbl, { domain }, signal) : [],
    Promise.all((addresses ?? []).map((address) => checkReverse(resolver, address, signal))),
  ]);
  const bimi = await checkBimi(resolver, domain, dmarc.discovered, signal);
  // A domain that takes no mail needs no word on how to encrypt mail to it.
  const takesMail = mx.kind !== 'null' && mx.kind !== 'none';
  const seen = [
    ...mx.checks,
    ...reverse.flatMap(({ checks }) => checks),
    ...spf.checks,
    ...dkim,
    ...dmarc.checks,
    ...exchangeChecks,
    ...(takesMail ? [reporting] : []),
    bimi,
    ...lists,
  ];
  const checks = [...seen, ...bulkSenderRules(domain, seen)];
  return { domain, status: worstStatus(checks), exchanges: mx.exchanges, checks };
}

function fetchOptions(connect: DomainConnectOptions | false): Omit<MtaStsOptions, 'resolver'> {
  if (connect === false) return { connect: false };
  const { ports, ca, timeout, mayConnect } = connect;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(ports?.https === undefined ? {} : { port: ports.https }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(mayConnect ? { mayConnect } : {}),
  };
}

async function probeExchanges(
  exchanges: readonly Exchange[],
  { ports, ca, timeout, mayConnect = () => true }: DomainConnectOptions,
  signal: AbortSignal | undefined,
): Promise<{ readonly host: string; readonly result: SmtpSeen }[]> {
  const reachable = exchanges
    .map(({ host, addresses }) => ({ host, addresses: addresses.filter((address) => mayConnect(address)) }))
    .filter(({ addresses }) => addresses.length > 0)
    .slice(0, mostConnected);
  return Promise.all(
    reachable.map(async ({ host, addresses }) => ({
      host,
      result: await probeSmtp(addresses[0]!, ports?.smtp ?? 25, {
        name: host,
        ...(ca === undefined ? {} : { ca }),
        ...(timeout === undefined ? {} : { timeout }),
        ...(signal ? { signal } : {}),
      }),
    })),
  );
}

function tlsChecks(host: string, seen: SmtpSeen, now: Date): Check[] {
  if (seen.open) return checkTls(seen, { name: host, now });
  return [
    {
      id: 'tls',
      topic: 'tls',
      status: 'unknown',
      message: `The MX host ${host} does not answer from here on port ${seen.port}: ${seen.problem ?? 'no answer'}.`,
      evidence: [],
      advice: 'Many networks block outgoing port 25: look from a mail server.',
      source: 'RFC 3207',
    },
  ];
}
