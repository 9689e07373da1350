import { X509Certificate, createHash } from 'node:crypto';
import { makeCertificate, type Certificate as Made } from '@postern/testbed';
import type { Tls } from '@postern/simulator';

/** A certificate that a client may show. */
export interface ClientCertificate extends Made {
  /** Whether smtpd trusts the authority that signed it. */
  readonly trusted: boolean;
  /** The same as a transaction states it: one object, so that it can be found again. */
  readonly is: Tls;
}

/** One that an authority of smtpd's signed, and one that somebody signed. */
export function makeClientCertificates(): readonly ClientCertificate[] {
  return [clientCertificate('partner.test', true), clientCertificate('stranger.test', false)];
}

function clientCertificate(commonName: string, trusted: boolean): ClientCertificate {
  const made = makeCertificate(commonName);
  const { fingerprint256: fingerprint, publicKey } = new X509Certificate(made.certificate);
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  const publicKeyFingerprint = digest.toUpperCase().replaceAll(/..(?!$)/g, '$&:');
  return {
    ...made,
    trusted,
    is: { certificate: { commonName, fingerprint, publicKeyFingerprint, trusted } },
  };
}
