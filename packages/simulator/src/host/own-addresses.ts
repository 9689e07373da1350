import { addressBytes } from '../tables/network.ts';
import { canonicalAddress } from '../address/hostname.ts';
import type { Interface } from '../model/world.ts';
import type { Settings } from './settings.ts';
import { split } from './words.ts';

export const loopback: readonly Interface[] = [
  { address: '127.0.0.1', prefix: 8 },
  { address: '::1', prefix: 128 },
];

/** The addresses that are the host's own (inet_interfaces) or stand for it (proxy_interfaces). */
export interface OwnAddresses {
  readonly interfaces: readonly Interface[];
  isOwn(address: string): boolean;
  isProxy(address: string): boolean;
}

/**
 * Which addresses Postfix listens on: `all`, `loopback-only`, or names and addresses.
 *
 * @param addressesOf  the addresses of a host name in inet_interfaces
 */
export function ownAddresses(
  settings: Settings,
  all: readonly Interface[],
  addressesOf: (name: string) => readonly string[],
): OwnAddresses {
  const protocols = settings.text('inet_protocols').toLowerCase();
  const usable = ({ address }: Interface): boolean =>
    address.includes(':') ? /all|ipv6/.test(protocols) : /all|ipv4/.test(protocols);
  const named = split(settings.text('inet_interfaces')).map(({ text }) => text.toLowerCase());
  const interfaces = (named.length === 0 ? ['all'] : named)
    .flatMap((name): readonly Interface[] => {
      if (name === 'all') return all;
      if (name === 'loopback-only')
        return all.filter(({ address }) => address.startsWith('127.') || address === '::1');
      const bare = name.replace(/^\[(.*)\]$/, '$1');
      const addresses = addressBytes(bare)
        ? [bare]
        : name === 'localhost'
          ? ['127.0.0.1', '::1']
          : addressesOf(name);
      return addresses.map(
        (address) =>
          all.find((one) => canonicalAddress(one.address) === canonicalAddress(address)) ?? {
            address,
            prefix: address.includes(':') ? 128 : 32,
          },
      );
    })
    .filter(usable);
  const own = new Set(interfaces.map(({ address }) => canonicalAddress(address)));
  const proxies = new Set(
    split(settings.text('proxy_interfaces')).map(({ text }) =>
      canonicalAddress(text.replace(/^\[(.*)\]$/, '$1')),
    ),
  );
  return {
    interfaces,
    isOwn: (address) => own.has(canonicalAddress(address)),
    isProxy: (address) => proxies.has(canonicalAddress(address)),
  };
}

/** mynetworks where no file sets it: what mynetworks_style makes of the interfaces. @see mynetworks(3) */
export function defaultNetworks(style: string, interfaces: readonly Interface[]): string {
  return interfaces
    .map(({ address, prefix }) => {
      const bytes = addressBytes(address) ?? [];
      const bits = bytes.length * 8;
      const length = style === 'host' ? bits : style === 'class' ? classLength(bytes, prefix) : prefix;
      const masked = bytes.map(
        (byte, index) => byte & (0xff << Math.max(0, Math.min(8, 8 - (length - index * 8)))) & 0xff,
      );
      const text =
        bits === 32
          ? masked.join('.')
          : `[${Array.from({ length: 8 }, (_, at) => ((masked[at * 2]! << 8) | masked[at * 2 + 1]!).toString(16)).join(':')}]`;
      return `${text}/${length}`;
    })
    .join(' ');
}

function classLength(bytes: readonly number[], prefix: number): number {
  if (bytes.length !== 4) return prefix;
  if (bytes[0]! < 128) return 8;
  return bytes[0]! < 192 ? 16 : 24;
}
