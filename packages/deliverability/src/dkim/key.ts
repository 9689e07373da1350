import { createPublicKey } from 'node:crypto';
import { parseTagList } from '../tag-list.ts';

/** A DKIM key record (RFC 6376 section 3.6.1, RFC 8463). */
export interface DkimKey {
  readonly text: string;
  readonly type: 'rsa' | 'ed25519' | 'other';
  /** Size of an RSA key, 256 for Ed25519; undefined where there is no readable key. */
  readonly bits?: number;
  /** An empty `p`: whoever signs with it is not believed. */
  readonly revoked: boolean;
  /** `t=y`: receivers treat its signatures as if there were none. */
  readonly testing: boolean;
  /** Verifiers throw the record away: another version, not for mail, no hash that is still believed. */
  readonly unusable: boolean;
  readonly problems: readonly string[];
}

const known = new Set(['v', 'k', 'p', 'h', 'n', 's', 't']);

/** Reads a key record. What is wrong with it is in `problems`. */
export function parseDkimKey(text: string): DkimKey {
  const { tags, order, repeated, problems: syntax } = parseTagList(text);
  const problems = [...syntax];
  const version = tags.get('v');
  let unusable = false;
  const refuse = (problem: string): void => {
    unusable = true;
    problems.push(problem);
  };
  if (repeated) unusable = true;
  if (version !== undefined && version !== 'DKIM1') refuse(`v=${version} is not DKIM1`);
  if (version !== undefined && order[0] !== 'v') refuse('v=DKIM1 does not come first');
  for (const tag of order) if (!known.has(tag)) problems.push(`the tag ${tag} is not known`);
  const k = (tags.get('k') ?? 'rsa').toLowerCase();
  const type = k === 'rsa' || k === 'ed25519' ? k : 'other';
  if (type === 'other') problems.push(`no receiver knows the key type k=${k}`);
  const hashes = (tags.get('h') ?? 'sha256').split(':').map((hash) => hash.trim().toLowerCase());
  if (!hashes.includes('sha256'))
    refuse(`h=${tags.get('h')} leaves out sha256, the only hash still used (RFC 8301)`);
  const services = (tags.get('s') ?? '*').split(':').map((service) => service.trim().toLowerCase());
  if (!services.includes('*') && !services.includes('email')) refuse(`s=${tags.get('s')} is not for mail`);
  const flags = (tags.get('t') ?? '').split(':').map((flag) => flag.trim().toLowerCase());
  const p = tags.get('p');
  if (p === undefined) problems.push('there is no p tag, the key itself');
  const key = (p ?? '').replaceAll(/\s/g, '');
  const bits = key === '' || type === 'other' ? undefined : readBits(type, key, problems);
  return {
    text,
    type,
    ...(bits === undefined ? {} : { bits }),
    revoked: p !== undefined && key === '',
    testing: flags.includes('y'),
    unusable,
    problems,
  };
}

function readBits(type: 'rsa' | 'ed25519', key: string, problems: string[]): number | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) {
    problems.push('p is not base64');
    return undefined;
  }
  const bytes = Buffer.from(key, 'base64');
  if (type === 'ed25519') {
    if (bytes.length === 32) return 256;
    problems.push(`p holds ${bytes.length} bytes; an Ed25519 key has 32 (RFC 8463)`);
    return undefined;
  }
  const bits = modulusLength(bytes, 'spki');
  if (bits !== undefined) return bits;
  const bare = modulusLength(bytes, 'pkcs1');
  problems.push(
    bare === undefined
      ? 'p is no RSA public key: is a part of it missing?'
      : 'p is a bare RSAPublicKey, which some receivers do not read: wrap it as SubjectPublicKeyInfo',
  );
  return bare;
}

function modulusLength(bytes: Buffer, type: 'spki' | 'pkcs1'): number | undefined {
  try {
    return createPublicKey({ key: bytes, format: 'der', type }).asymmetricKeyDetails?.modulusLength;
  } catch {
    return undefined;
  }
}
