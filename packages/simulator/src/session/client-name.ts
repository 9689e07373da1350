import { canonicalAddress, isHostname } from '../address/hostname.ts';
import { addressBytes } from '../tables/network.ts';
import type { Answers } from '../dns/ask.ts';
import type { Client } from '../model/transaction.ts';
import type { World } from '../model/world.ts';
import type { KnownClient } from './evaluation.ts';

const unknown = 'unknown';

/**
 * What smtpd knows of a client's name: what the transaction says, else the PTR record and the addresses of the name
 * that it gives, which must hold the client's own.
 *
 * @see smtpd_peer.c
 */
export function knowClient(client: Client, world: World, answers: Answers): KnownClient {
  const { address } = client;
  if (client.name !== undefined || client.nameStatus !== undefined || !world.resolver) {
    const named = client.name !== undefined && client.name.toLowerCase() !== unknown;
    const nameStatus = client.nameStatus ?? (named ? 'ok' : 'permanent');
    const name = nameStatus === 'ok' ? (client.name ?? unknown) : unknown;
    const reverseStatus =
      client.reverseStatus ?? (client.reverseName !== undefined || nameStatus === 'ok' ? 'ok' : nameStatus);
    const reverseName = reverseStatus === 'ok' ? (client.reverseName ?? name) : unknown;
    return { address, name, nameStatus, reverseName, reverseStatus };
  }
  const { resolver } = world;
  const pointer = answers.once(`PTR ${address}`, () => resolver.resolve(reverseDomain(address), 'PTR'));
  if (pointer.status !== 'found' || !isHostname(pointer.records[0] ?? '')) {
    const status = pointer.status === 'failed' ? 'temporary' : 'permanent';
    return { address, name: unknown, nameStatus: status, reverseName: unknown, reverseStatus: status };
  }
  const reverseName = pointer.records[0]!;
  const type = address.includes(':') ? 'AAAA' : 'A';
  const forward = answers.once(`${type} ${reverseName}`, () => resolver.resolve(reverseName, type));
  const matches =
    forward.status === 'found' &&
    forward.records.some((each) => canonicalAddress(each) === canonicalAddress(address));
  const nameStatus = matches ? 'ok' : forward.status === 'failed' ? 'temporary' : 'permanent';
  return { address, name: matches ? reverseName : unknown, nameStatus, reverseName, reverseStatus: 'ok' };
}

function reverseDomain(address: string): string {
  const bytes = addressBytes(address) ?? [];
  if (bytes.length === 4) return `${bytes.toReversed().join('.')}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte >> 4, byte & 15]).toReversed();
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`;
}
