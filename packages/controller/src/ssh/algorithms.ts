import type { Algorithms } from 'ssh2';

/** What is offered: no SHA-1, no CBC, no group of less than 2048 bits. */
const kex = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group14-sha256',
] as const;
const cipher = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes256-ctr',
  'aes192-ctr',
  'aes128-ctr',
] as const;
const hmac = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
] as const;
const serverHostKey = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** @param types  the types of the keys on record: they are asked for first, so that there is something to compare */
export function algorithms(types: readonly string[]): Algorithms {
  const isKnown = (name: string): boolean => types.includes(name.startsWith('rsa-') ? 'ssh-rsa' : name);
  return {
    kex: [...kex],
    cipher: [...cipher],
    hmac: [...hmac],
    compress: ['none'],
    serverHostKey: [...serverHostKey.filter(isKnown), ...serverHostKey.filter((name) => !isKnown(name))],
  };
}
