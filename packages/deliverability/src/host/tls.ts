import { quoteEvidence, type Check } from '../check.ts';
import type { SmtpSeen } from '../smtp/probe.ts';

const soonDays = 14;
const day = 86_400_000;

export interface TlsContext {
  /** The name the certificate has to hold for. */
  readonly name: string;
  /** The time to hold validity against. */
  readonly now: Date;
}

/** What a server's encryption looks like: offered at all, protocol, certificate and its expiry. */
export function checkTls(seen: SmtpSeen, { name, now }: TlsContext): Check[] {
  const where = `${name} (${seen.address}, port ${seen.port})`;
  const check = { topic: 'tls', evidence: [] as readonly string[], source: 'RFC 3207' } as const;
  if (!seen.open) return [];
  if (!seen.tls) {
    const offered = seen.extensions.includes('STARTTLS');
    if (seen.problem !== undefined) {
      return [
        {
          ...check,
          id: 'tls',
          status: seen.greeting === undefined || offered ? 'fail' : 'unknown',
          message: `${where}: ${seen.problem}.`,
          advice: `Look at the server's log of this moment; openssl s_client -starttls smtp -connect ${seen.address}:${seen.port} shows more.`,
        },
      ];
    }
    return [
      {
        ...check,
        id: 'tls',
        status: 'fail',
        message: `${where} does not offer STARTTLS: mail to it travels in clear text.`,
        evidence: seen.extensions,
        advice: 'Set smtpd_tls_security_level = may with a certificate.',
      },
    ];
  }
  const { protocol, cipher, certificate, distrust } = seen.tls;
  const checks: Check[] = [
    {
      ...check,
      id: 'tls',
      status: protocol === 'TLSv1.3' || protocol === 'TLSv1.2' ? 'pass' : 'warning',
      message: `${where} encrypts with ${protocol}.`,
      evidence: [`${protocol} ${cipher}`],
      ...(protocol === 'TLSv1.3' || protocol === 'TLSv1.2'
        ? {}
        : { advice: 'Use an OpenSSL and settings that offer TLS 1.2 and 1.3.' }),
      source: 'RFC 8996',
    },
  ];
  if (!certificate) {
    return [
      ...checks,
      {
        ...check,
        id: 'certificate',
        status: 'warning',
        message: `${where} shows no certificate.`,
        advice: 'Set smtpd_tls_chain_files.',
      },
    ];
  }
  const evidence = [
    quoteEvidence(
      `${certificate.subject}, issued by ${certificate.issuer}, for ${certificate.names.join(', ')}`,
    ),
    `from ${certificate.validFrom} to ${certificate.validTo}, serial ${certificate.serial}`,
  ];
  const left = Math.floor((Date.parse(certificate.validTo) - now.getTime()) / day);
  const renew = 'Renew the certificate and reload Postfix; automate both.';
  if (left < 0) {
    checks.push({
      ...check,
      id: 'certificate-expiry',
      status: 'fail',
      message: `The certificate of ${where} expired ${days(-left)} ago.`,
      evidence,
      advice: renew,
      source: 'RFC 5280 section 4.1.2.5',
    });
  } else {
    checks.push({
      ...check,
      id: 'certificate-expiry',
      status: left < soonDays ? 'warning' : 'pass',
      message: `The certificate of ${where} holds for ${days(left)} more.`,
      evidence,
      ...(left < soonDays ? { advice: renew } : {}),
      source: 'RFC 5280 section 4.1.2.5',
    });
  }
  checks.push(
    distrust === undefined
      ? {
          ...check,
          id: 'certificate',
          status: 'pass',
          message: `The certificate of ${where} is trusted and holds for the name.`,
          evidence,
        }
      : {
          ...check,
          id: 'certificate',
          status: 'warning',
          message: `The certificate of ${where} is not believed: ${quoteEvidence(distrust)}.`,
          evidence,
          advice:
            'Senders who check (MTA-STS, verify) do not deliver: use a certificate of a public authority for this name.',
          source: 'RFC 8461 section 4.2',
        },
  );
  return checks;
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}
