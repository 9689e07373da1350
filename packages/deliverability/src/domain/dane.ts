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
}

/** Whether TLSA records pin the host's certificate, are proven by DNSSEC, and fit what the server shows. */
export async function checkDane(
  resolver: Resolver,
  { host, port = 25, mxAuthenticated, chain }: DaneSubject,
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
  if (chain !== undefined && !usable.some((record) => matchesTlsa(record, chain))) {
    return {
      ...check,
      status: 'fail',
      message: `No TLSA record of ${host} fits the certificate that it shows: senders who check DANE do not deliver.`,
      advice: `Publish ${printTlsa(tlsaOf(chain[0]!))} — and before the next key change, the new record first.`,
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

function matchesTlsa(
  { usage, selector, matching, data }: RecordData['TLSA'],
  chain: readonly Uint8Array[],
): boolean {
  const candidates = usage === 3 ? chain.slice(0, 1) : chain.slice(1);
  return candidates.some((certificate) => associationData(certificate, selector, matching) === data);
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
