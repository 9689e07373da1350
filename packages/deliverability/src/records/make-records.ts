import { generateKeyPair } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { parseSpf } from '@postern/spf';
import { tlsaOf, printTlsa } from '../domain/dane.ts';
import { parseDomain } from '../domain-name.ts';
import { DeliverabilityError } from '../error.ts';
import { reverseName } from '../host/address.ts';
import { defaultTtl, type DnsRecord, type RecordFile } from './record.ts';

const makeKeyPair = promisify(generateKeyPair);

export interface RecordPlan {
  readonly domain: string;
  /** An SPF record as text, made with `spf()` of @postern/spf for example. */
  readonly spf?: string;
  readonly dmarc?: {
    readonly policy: 'none' | 'quarantine' | 'reject';
    readonly subdomains?: 'none' | 'quarantine' | 'reject';
    /** Mailboxes for aggregate reports. */
    readonly reports?: readonly string[];
  };
  readonly mtaSts?: {
    readonly mode: 'testing' | 'enforce' | 'none';
    /** Host names of the MX, or `*.` and a domain. */
    readonly mx: readonly string[];
    /** Seconds (a week). */
    readonly maxAge?: number;
    /** The record's id, which changes with the policy: letters and digits. */
    readonly id: string;
  };
  /** Mailboxes for TLS reports. */
  readonly tlsReports?: readonly string[];
  /** Makes a key pair for this selector. */
  readonly dkim?: { readonly selector: string; readonly type?: 'rsa' | 'ed25519' };
  /** Authorities that may issue certificates for the domain; an empty list forbids all. */
  readonly caa?: readonly string[];
  /** A host's certificate in DER, to be pinned. */
  readonly tlsa?: { readonly host: string; readonly certificate: Uint8Array };
  /** Reverse names, by address. */
  readonly reverse?: Readonly<Record<string, string>>;
  /** The domain takes no mail: a null MX. */
  readonly nullMx?: true;
  /** Seconds (3600). */
  readonly ttl?: number;
}

export interface MadeRecords {
  /** The domain as it stands in the records: A-labels in lower case. */
  readonly domain: string;
  readonly records: readonly DnsRecord[];
  readonly files: readonly RecordFile[];
}

/**
 * Records ready to publish.
 *
 * @throws DeliverabilityError bad-domain, bad-address, bad-record: what is wrong with which part of the plan
 */
export async function makeRecords(plan: RecordPlan): Promise<MadeRecords> {
  const domain = domainOf(plan.domain, 'domain');
  const ttl = plan.ttl ?? defaultTtl;
  if (!Number.isInteger(ttl) || ttl < 0 || ttl >= 2 ** 31)
    throw wrong('ttl', `${ttl} is no number of seconds below 2147483648 (RFC 2181)`);
  const files: RecordFile[] = [];
  const records: DnsRecord[] = [];
  const add = (name: string, type: DnsRecord['type'], value: string): void => {
    records.push({ name, type, value, ttl });
  };
  if (plan.nullMx) add(domain, 'MX', '0 .');
  if (plan.spf !== undefined) add(domain, 'TXT', soundSpf(plan.spf));
  if (plan.dkim) {
    const { type = 'rsa' } = plan.dkim;
    const name = domainOf(`${plan.dkim.selector}._domainkey.${domain}`, 'dkim.selector', true);
    const { record, privateKey } = await makeDkimKey(type);
    add(name, 'TXT', record);
    files.push({ path: `${plan.dkim.selector}.${domain}.key`, content: privateKey, secret: true });
  }
  if (plan.dmarc) add(`_dmarc.${domain}`, 'TXT', dmarcText(plan.dmarc));
  if (plan.mtaSts) {
    const { mode, mx, maxAge = 604_800, id } = plan.mtaSts;
    if (!/^[A-Za-z0-9]{1,32}$/.test(id))
      throw wrong('mtaSts.id', `${JSON.stringify(id)} is not 1 to 32 letters and digits`);
    const hosts = mx.map((host) =>
      host.startsWith('*.') ? `*.${domainOf(host.slice(2), 'mtaSts.mx')}` : domainOf(host, 'mtaSts.mx'),
    );
    if (hosts.length === 0 && mode !== 'none') throw wrong('mtaSts.mx', 'it names no host');
    if (!Number.isInteger(maxAge) || maxAge < 0 || maxAge > 31_557_600)
      throw wrong('mtaSts.maxAge', `${maxAge} is no number of seconds up to 31557600`);
    add(`_mta-sts.${domain}`, 'TXT', `v=STSv1; id=${id};`);
    files.push({
      path: `https://mta-sts.${domain}/.well-known/mta-sts.txt`,
      content: [
        'version: STSv1',
        `mode: ${mode}`,
        ...hosts.map((host) => `mx: ${host}`),
        `max_age: ${maxAge}`,
        '',
      ].join('\r\n'),
    });
  }
  if (plan.tlsReports)
    add(`_smtp._tls.${domain}`, 'TXT', `v=TLSRPTv1; rua=${mailboxes(plan.tlsReports, 'tlsReports')}`);
  if (plan.caa) {
    for (const issuer of plan.caa.length > 0 ? plan.caa : [';']) {
      if (!/^(?:;|[a-z0-9][a-z0-9.-]*)$/.test(issuer))
        throw wrong('caa', `${JSON.stringify(issuer)} is no authority's domain`);
      add(domain, 'CAA', `0 issue "${issuer}"`);
    }
  }
  if (plan.tlsa) {
    add(`_25._tcp.${domainOf(plan.tlsa.host, 'tlsa.host')}`, 'TLSA', certificateTlsa(plan.tlsa.certificate));
  }
  for (const [address, name] of Object.entries(plan.reverse ?? {})) {
    if (!isIP(address))
      throw new DeliverabilityError('bad-address', `reverse: ${JSON.stringify(address)} is no IP address`);
    add(reverseName(address), 'PTR', `${domainOf(name, 'reverse')}.`);
  }
  return { domain, records, files };
}

/** A DKIM key pair: the record's text, and the private key in PEM (PKCS #8). */
async function makeDkimKey(
  type: 'rsa' | 'ed25519',
): Promise<{ readonly record: string; readonly privateKey: string }> {
  // The two calls differ in their types only by the first word.
  const { publicKey, privateKey } =
    type === 'rsa' ? await makeKeyPair('rsa', { modulusLength: 2048 }) : await makeKeyPair('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  // RFC 8463 publishes the bare 32 bytes of an Ed25519 key, the end of its SubjectPublicKeyInfo.
  const p = (type === 'rsa' ? der : der.subarray(-32)).toString('base64');
  return {
    record: `v=DKIM1; k=${type}; p=${p}`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function soundSpf(text: string): string {
  const [problem] = parseSpf(text).problems;
  if (problem) throw wrong('spf', problem.message);
  return text;
}

function dmarcText({ policy, subdomains, reports }: NonNullable<RecordPlan['dmarc']>): string {
  return [
    'v=DMARC1',
    `p=${policy}`,
    ...(subdomains === undefined ? [] : [`sp=${subdomains}`]),
    ...(reports === undefined || reports.length === 0 ? [] : [`rua=${mailboxes(reports, 'dmarc.reports')}`]),
  ].join('; ');
}

function mailboxes(list: readonly string[], what: string): string {
  if (list.length === 0) throw wrong(what, 'it names no mailbox');
  return list
    .map((mailbox) => {
      const at = mailbox.lastIndexOf('@');
      if (!/^[A-Za-z0-9.+_=-]+$/.test(mailbox.slice(0, at)))
        throw wrong(what, `${JSON.stringify(mailbox)} is no mailbox that fits a record`);
      return `mailto:${mailbox.slice(0, at)}@${domainOf(mailbox.slice(at + 1), what)}`;
    })
    .join(',');
}

function certificateTlsa(certificate: Uint8Array): string {
  try {
    return printTlsa(tlsaOf(certificate));
  } catch (cause) {
    throw wrong('tlsa.certificate', 'it is no certificate in DER or PEM', cause);
  }
}

function domainOf(text: string, what: string, service = false): string {
  const parsed = parseDomain(text, { service });
  if ('problem' in parsed) throw new DeliverabilityError('bad-domain', `${what}: ${parsed.problem}`);
  return parsed.domain;
}

function wrong(what: string, problem: string, cause?: unknown): DeliverabilityError {
  return new DeliverabilityError(
    'bad-record',
    `${what}: ${problem}`,
    cause === undefined ? undefined : { cause },
  );
}
