import { canonicalAddress } from '../address/hostname.ts';
import type { Transaction } from '../model/transaction.ts';
import type { Network } from '../tables/network.ts';
import { strangersDomain } from './obliging-resolver.ts';
import { isWide, networkOfKey } from './permitting.ts';

/** By whom or what an access table is asked, as far as strangers have a say in it. */
export type Subject = 'client' | 'helo' | 'sender' | 'recipient';

/** Tables by certificate and login say nothing of strangers; those of servers and unverified names may not permit. */
export const subjects: Readonly<Record<string, Subject>> = {
  check_client_access: 'client',
  check_helo_access: 'helo',
  check_sender_access: 'sender',
  check_recipient_access: 'recipient',
};

/** How a stranger comes to a key: by saying something, not at all, or only as the one who is meant. */
export interface Reach {
  readonly through: Partial<Transaction> | 'granted';
  readonly what: string;
}

/** @param address  the client's */
export function reachOf(subject: Subject, key: string, address: string): Reach {
  switch (subject) {
    case 'helo':
      return { through: { helo: key.replace(/^\./, 'x.') }, what: `every client that says HELO ${key}` };
    case 'sender': {
      const from = addressFor(key);
      return { through: { from }, what: `every client that says it sends for <${from}>` };
    }
    case 'recipient': {
      if (key.endsWith('@'))
        return { through: { to: [`${key}${strangersDomain}`] }, what: `${key} anywhere` };
      const wide = isTopLevel(key);
      const to = addressFor(key);
      return { through: wide ? { to: [to] } : 'granted', what: `mail for ${wide ? to : key}` };
    }
    case 'client': {
      const network = networkOfKey(key);
      if (network) return { through: isWide(network) ? {} : 'granted', what: `clients in ${key}` };
      if (key === 'unknown')
        return {
          through: { client: { address, name: key, nameStatus: 'permanent' } },
          what: 'every client without a name',
        };
      // Partial IPv6 texts are networks of somebody's, as full addresses are.
      if (key.includes(':')) return { through: 'granted', what: `clients in ${key}` };
      if (!isTopLevel(key)) return { through: 'granted', what: `clients named ${key}` };
      const name = `client.${key.replace(/^\./, '')}`;
      return { through: named(address, name), what: name };
    }
  }
}

/** What a client with this name says. */
export function named(address: string, name: string): Partial<Transaction> {
  return { client: { address, name, reverseName: name } };
}

/** An address that a key of a mail address table is found by. */
function addressFor(key: string): string {
  if (key === '<>') return '';
  if (key.endsWith('@')) return `${key}${strangersDomain}`;
  if (key.includes('@')) return key;
  return `victim@${key.startsWith('.') ? `x${key}` : key}`;
}

export function firstAddress({ bytes }: Network): string {
  return bytes.length === 4
    ? bytes.join('.')
    : canonicalAddress(
        Array.from({ length: 8 }, (_, at) => ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16)).join(
          ':',
        ),
      );
}

/** `com`, `.org`: whoever likes has a name below it. */
export function isTopLevel(name: string): boolean {
  return (
    /^\.?[a-z][a-z-]+$/i.test(name) &&
    !/^\.?(?:localhost|localdomain|local|lan|internal|home|test)$/i.test(name)
  );
}
