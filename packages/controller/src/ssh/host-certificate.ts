import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import { fits, typeOf, type KnownHost } from './known-hosts.ts';
import { WireReader, wireString } from './wire.ts';

/** A host's certificate as OpenSSH's PROTOCOL.certkeys has it. */
export interface HostCertificate {
  /** The plain key that it speaks for, as known_hosts would have it. */
  readonly key: Buffer;
  readonly id: string;
  /** 2 for a host's. */
  readonly kind: number;
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly isCritical: boolean;
  /** Who has signed it. */
  readonly authority: Buffer;
  readonly signature: Buffer;
  readonly signed: Buffer;
}

/** What host keys are called when they come with a certificate, the strongest first. */
export const certificateTypes = [
  'ssh-ed25519-cert-v01@openssh.com',
  'ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'ecdsa-sha2-nistp384-cert-v01@openssh.com',
  'ecdsa-sha2-nistp521-cert-v01@openssh.com',
  'rsa-sha2-512-cert-v01@openssh.com',
  'rsa-sha2-256-cert-v01@openssh.com',
] as const;

/** @returns undefined for what is no certificate */
export function parseHostCertificate(blob: Buffer): HostCertificate | undefined {
  try {
    const reader = new WireReader(blob);
    const type = /^(.*)-cert-v01@openssh\.com$/.exec(reader.string().toString('latin1'))?.[1];
    if (type === undefined) return undefined;
    reader.string(); // A nonce.
    const start = reader.position;
    // The fields of the plain key: one for ed25519, two for the others.
    for (let field = type === 'ssh-ed25519' ? 1 : 2; field > 0; field--) reader.string();
    const key = Buffer.concat([wireString(type), blob.subarray(start, reader.position)]);
    reader.uint64(); // The serial number.
    const kind = reader.uint32();
    const id = reader.string().toString('utf8');
    const principals = readStrings(reader.string());
    const [validAfter, validBefore] = [reader.uint64(), reader.uint64()];
    const isCritical = reader.string().length > 0;
    reader.string(); // Extensions say nothing about hosts.
    reader.string(); // Reserved.
    const authority = reader.string();
    const signed = blob.subarray(0, reader.position);
    const signature = reader.string();
    if (!reader.isAtEnd) return undefined;
    return { key, kind, id, principals, validAfter, validBefore, isCritical, authority, signature, signed };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * What keeps a certificate from speaking for a host; undefined when nothing does.
 *
 * @param authorities  those that known_hosts trusts for this host
 * @param now  milliseconds since 1970
 */
export function certificateProblem(
  certificate: HostCertificate,
  host: string,
  authorities: readonly KnownHost[],
  now: number = Date.now(),
): string | undefined {
  const seconds = BigInt(Math.floor(now / 1000));
  if (!authorities.some(({ key }) => key.equals(certificate.authority)))
    return 'its certificate is signed by an authority that is not trusted for it';
  if (!isSigned(certificate)) return 'the signature of its certificate is wrong';
  if (certificate.kind !== 2) return 'its certificate is one of a user, not of a host';
  if (certificate.isCritical) return 'its certificate has conditions that nobody here knows';
  if (!certificate.principals.some((principal) => fits(principal.toLowerCase(), host.toLowerCase())))
    return `its certificate is for ${certificate.principals.join(', ') || 'no name at all'}, not for ${host}`;
  if (seconds < certificate.validAfter) return 'its certificate is not valid yet';
  if (seconds >= certificate.validBefore) return 'its certificate has expired';
  return undefined;
}

function isSigned({ authority, signature, signed }: HostCertificate): boolean {
  try {
    const reader = new WireReader(signature);
    const algorithm = reader.string().toString('latin1');
    const bytes = reader.string();
    const key = publicKey(authority);
    const type = typeOf(authority);
    switch (algorithm) {
      case 'ssh-ed25519':
        return type === algorithm && verify(null, signed, key, bytes);
      case 'rsa-sha2-256':
      case 'rsa-sha2-512':
        return type === 'ssh-rsa' && verify(algorithm.replace('rsa-sha2-', 'sha'), signed, key, bytes);
      case 'ecdsa-sha2-nistp256':
      case 'ecdsa-sha2-nistp384':
      case 'ecdsa-sha2-nistp521': {
        const curve = Number(algorithm.slice(-3));
        const hash = curve === 256 ? 'sha256' : curve === 384 ? 'sha384' : 'sha512';
        const numbers = readStrings(bytes, 'latin1').map((text) =>
          fixedLength(Buffer.from(text, 'latin1'), Math.ceil(curve / 8)),
        );
        const options = { key, dsaEncoding: 'ieee-p1363' } as const;
        return type === algorithm && verify(hash, signed, options, Buffer.concat(numbers));
      }
      // ssh-rsa, with SHA-1, proves nothing any more.
      default:
        return false;
    }
  } catch {
    return false;
  }
}

function publicKey(blob: Buffer): KeyObject {
  const parsed = ssh2.utils.parseKey(`${typeOf(blob)} ${blob.toString('base64')}`);
  if (parsed instanceof Error) throw parsed;
  return createPublicKey(parsed.getPublicPEM());
}

/** A number of so many bytes, without the zero that says that it is positive. */
function fixedLength(number: Buffer, length: number): Buffer {
  const bytes = number.length > length ? number.subarray(number.length - length) : number;
  return Buffer.concat([Buffer.alloc(length - bytes.length), bytes]);
}

function readStrings(bytes: Buffer, encoding: BufferEncoding = 'utf8'): string[] {
  const reader = new WireReader(bytes);
  const strings: string[] = [];
  while (!reader.isAtEnd) strings.push(reader.string().toString(encoding));
  return strings;
}
