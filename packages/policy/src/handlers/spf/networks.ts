import { BlockList, isIP } from 'node:net';

/** A set of addresses and networks. */
export interface Networks {
  contains(address: string): boolean;
}

/**
 * Reads addresses and networks (`192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`).
 *
 * @throws RangeError for what is neither
 */
export function readNetworks(texts: readonly string[]): Networks {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix] = text.split('/', 2);
    const family = familyOf(address);
    const bits = family === 'ipv4' ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    if (!family || !Number.isInteger(length) || length < 0 || length > bits || prefix === '')
      throw new RangeError(
        `${JSON.stringify(text)} is no address or network; write 192.0.2.1 or 192.0.2.0/24`,
      );
    list.addSubnet(address, length, family);
  }
  return {
    contains(address) {
      const family = familyOf(address);
      return family !== undefined && list.check(address, family);
    },
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const family = isIP(address);
  return family === 4 ? 'ipv4' : family === 6 ? 'ipv6' : undefined;
}

/** Addresses that no mail from outside can come from (RFC 1918, 6598, 4193, 3927, 4291). */
export const privateNetworks: Networks = readNetworks([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]);
