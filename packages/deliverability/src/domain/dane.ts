import { createHash, X509Certificate } from 'node:crypto';
import type { RecordData, Resolver } from '@postern/dns';
import type { Check } from '../check.ts';
import { lookUp } from '../lookup.ts';
import { unanswered } from '../unseen.ts';

const topic = 'dane';
const source = 'RFC 7672';

export interface DaneSubject {
  readonly host: string;
  /** The port of the TLSA name (25). */
  readonly port?: number;
  /** Whether DNSSEC proves the MX record that leads here: without it senders do not look for TLSA at all. */
  readonly mxAuthenticated: boolean;
  /** The certificates the server sends, its own first, in DER; absent where they were not seen. */
  readonly chain?: readonly Uint8Array[];
  /** The time to hold certificates against (now). */
  readonly now?: Date;
}

/** Whether TLSA records pin the host's certificate, are proven by DNSSEC, and fit what the server shows. */
export async function checkDane(
  resolver: Resolver,
  { host, port = 25, mxAuthenticated, chain, now = new Date() }: DaneSubject,
  signal?: AbortSignal,
): Promise<Check> {
  const name = `_${port}._tcp.${host}`;
  const answer = await lookUp(resolver, name, 'TLSA', signal);
  if (answer.status === 'unknown')
    return unanswered('dane', topic, `Whether ${host} has TLSA records`, answer.why, source);
  if (answer.status === 'none') {
    return {
      id: 'dane',
      topic,
      status: 'info',
      message: `${host} has no TLSA records (DANE).`,
      evidence: [],
      source,
    };
  }
  const evidence = answer.records.map((record) => `${name}: ${printTlsa(record)}`);
  const check = { id: 'dane', topic, evidence, source } as const;
  const usable = answer.records.filter((record) => isUsable(record));
  if (usable.length === 0) {
    return {
      ...check,
      status: 'fail',
      message: `None of the TLSA records of ${host} can be used for mail: senders encrypt without a check, or not at all.`,
      advice: 'Publish "3 1 1" and the SHA-256 of the public key; usages 0 and 1 do not count for SMTP.',
      source: `${source} section 3.1`,
    };
  }
  if (chain !== undefined && !usable.some((record) => matchesTlsa(record, chain, host, now))) {
    return {
      ...check,
      status: 'fail',
      message: `No TLSA record of ${host} fits the certificate that it shows: senders who check DANE do not deliver.`,
      advice: `Publish ${pinOf(chain)} — and before the next key change, the new record first.`,
      source: `${source} section 3.1`,
    };
  }
  if (!answer.authenticated || !mxAuthenticated) {
    return {
      ...check,
      status: 'unknown',
      message: `${host} has TLSA records, but this resolver does not say that DNSSEC proves ${answer.authenticated ? 'the MX record that leads there' : 'them'}: senders use them only then.`,
      advice: 'Ask a validating resolver (such as unbound on this host), and sign the zone where it is not.',
      source: `${source} section 2.1`,
    };
  }
  return chain === undefined
    ? {
        ...check,
        status: 'unknown',
        message: `${host} has TLSA records proven by DNSSEC; whether its certificate fits was not seen.`,
        advice: `Connect to ${host} on port ${port} and compare.`,
      }
    : {
        ...check,
        status: 'pass',
        message: `The TLSA records of ${host} are proven by DNSSEC and fit its certificate.`,
      };
}

function pinOf([own]: readonly Uint8Array[]): string {
  try {
    return printTlsa(tlsaOf(own!));
  } catch {
    return '"3 1 1" and the SHA-256 of its public key';
  }
}

/** The record for a certificate: its own public key, by SHA-256 (`3 1 1`). */
export function tlsaOf(certificate: Uint8Array): RecordData['TLSA'] {
  return { usage: 3, selector: 1, matching: 1, data: associationData(certificate, 1, 1) };
}

export function printTlsa({ usage, selector, matching, data }: RecordData['TLSA']): string {
  return `${usage} ${selector} ${matching} ${data}`;
}

function isUsable({ usage, selector, matching, data }: RecordData['TLSA']): boolean {
  const length = { 0: data.length, 1: 64, 2: 128 }[matching];
  return (
    (usage === 2 || usage === 3) &&
    (selector === 0 || selector === 1) &&
    length === data.length &&
    data !== ''
  );
}

/**
 * Usage 3 pins the server's own certificate, whatever it says (RFC 7672 section 3.1.1). Usage 2 pins an authority above
 * it: the chain up to there must hold, in time and for the host's name (section 3.1.2).
 */
function matchesTlsa(
  { usage, selector, matching, data }: RecordData['TLSA'],
  chain: readonly Uint8Array[],
  host: string,
  now: Date,
): boolean {
  const pinned = (certificate: Uint8Array): boolean => {
    try {
      return associationData(certificate, selector, matching) === data;
    } catch {
      return false; // a key of a kind that cannot be read
    }
  };
  if (usage === 3) return chain[0] !== undefined && pinned(chain[0]);
  const anchor = chain.findIndex((certificate, index) => index > 0 && pinned(certificate));
  return anchor > 0 && chainHolds(chain.slice(0, anchor + 1), host, now);
}

function chainHolds(chain: readonly Uint8Array[], host: string, now: Date): boolean {
  try {
    const certificates = chain.map((der) => new X509Certificate(der));
    return (
      certificates[0]!.checkHost(host) !== undefined &&
      certificates.every(
        (one, index) =>
          Date.parse(one.validFrom) <= now.getTime() &&
          now.getTime() <= Date.parse(one.validTo) &&
          (index + 1 === certificates.length || one.verify(certificates[index + 1]!.publicKey)),
      )
    );
  } catch {
    return false; // a key of a kind that cannot be read proves nothing
  }
}

function associationData(certificate: Uint8Array, selector: number, matching: number): string {
  const content =
    selector === 0
      ? certificate
      : new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  if (matching === 0) return Buffer.from(content).toString('hex');
  return createHash(matching === 1 ? 'sha256' : 'sha512')
    .update(content)
    .digest('hex');
}
