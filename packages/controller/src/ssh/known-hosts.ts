import { createHash, createHmac } from 'node:crypto';

/** One line of a known_hosts file that says something about a key. */
export interface KnownHost {
  readonly marker: 'cert-authority' | 'revoked' | undefined;
  /** `mx1,192.0.2.1`, `[mx1]:2222`, `*.example.com,!bad.example.com`, or `|1|salt|hash`. */
  readonly names: string;
  /** `ssh-ed25519` … */
  readonly type: string;
  /** The key as it travels. */
  readonly key: Buffer;
  readonly file: string;
  readonly line: number;
}

/** What known_hosts says about a key that a machine has shown. */
export type KeyVerdict =
  | { readonly status: 'known' }
  | { readonly status: 'unknown' }
  | { readonly status: 'changed'; readonly known: readonly KnownHost[] }
  | { readonly status: 'revoked'; readonly known: readonly KnownHost[] }
  /** Only a certificate authority is on record: its certificate has to speak for the key. */
  | { readonly status: 'authority'; readonly known: readonly KnownHost[] };

/**
 * Reads known_hosts as sshd(8) describes it. Lines that are none are left out, as OpenSSH does.
 *
 *     @revoked mx1.example.com,192.0.2.1 ssh-ed25519 AAAAC3… a comment
 */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const fields = line.trim().split(/[ \t]+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [names, type, key] = fields;
    if (!names || names.startsWith('#') || !type || !key) return [];
    if (marker !== undefined && marker !== '@cert-authority' && marker !== '@revoked') return [];
    const bytes = Buffer.from(key, 'base64');
    if (typeOf(bytes) !== type) return [];
    return {
      marker: marker?.slice(1) as KnownHost['marker'],
      names,
      type,
      key: bytes,
      file,
      line: index + 1,
    };
  });
}

/** The name under which known_hosts has a machine. */
export function knownName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** What is known of a key that `name` (see `knownName`) has shown. A revoked key stays revoked whatever else is said. */
export function judgeKey(known: readonly KnownHost[], name: string, key: Buffer): KeyVerdict {
  const about = known.filter(({ names }) => matches(names, name));
  const revoked = about.filter((each) => each.marker === 'revoked' && each.key.equals(key));
  if (revoked.length > 0) return { status: 'revoked', known: revoked };
  const plain = about.filter(({ marker }) => marker === undefined);
  if (plain.some((each) => each.key.equals(key))) return { status: 'known' };
  if (plain.length > 0) return { status: 'changed', known: plain };
  const authorities = about.filter(({ marker }) => marker === 'cert-authority');
  return authorities.length > 0 ? { status: 'authority', known: authorities } : { status: 'unknown' };
}

/**
 * The authorities whose certificates are to be asked for: where no plain key is on record. One that is revoked is none.
 */
export function authoritiesFor(known: readonly KnownHost[], name: string): KnownHost[] {
  const about = known.filter(({ names }) => matches(names, name));
  if (about.some(({ marker }) => marker === undefined)) return [];
  const revoked = about.filter(({ marker }) => marker === 'revoked');
  return about.filter(
    ({ marker, key }) => marker === 'cert-authority' && !revoked.some((each) => each.key.equals(key)),
  );
}

/** The types of the keys on record, so that the machine is asked for one that can be compared. */
export function knownTypes(known: readonly KnownHost[], name: string): string[] {
  const plain = known.filter(({ marker, names }) => marker === undefined && matches(names, name));
  return [...new Set(plain.map(({ type }) => type))];
}

/** The fingerprint as OpenSSH prints it: `SHA256:…`. */
export function keyFingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;
}

/** The type that a key says it is, at its beginning: a length of four bytes and the name. */
export function typeOf(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length < 64 ? key.toString('latin1', 4, 4 + length) : '';
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHashed(names, name);
  const patterns = names.split(',').map((pattern) => pattern.toLowerCase());
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern, name));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt. */
function matchesHashed(names: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = names.split('|');
  if (version !== '1') return false;
  const mac = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return mac.equals(Buffer.from(hash, 'base64'));
}

/** Whether a name is one that a pattern with `*` and `?` means. */
export function fits(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}
