/** One entry of mynetworks that is an address pattern. */
export interface Network {
  readonly text: string;
  readonly family: 4 | 6;
  readonly prefix: number;
  /** In lower case, without brackets. */
  readonly address: string;
}

/** Reads `10.0.0.0/8`, `[::1]/128`, `2001:db8::/32` or an address; undefined for names, files and tables. */
export function readNetwork(text: string): Network | undefined {
  const match = /^!?\[?([0-9a-f:.]+)\]?(?:\/(\d{1,3}))?$/i.exec(text);
  if (!match) return undefined;
  const address = match[1]!.toLowerCase();
  const family = address.includes(':') ? 6 : 4;
  if (family === 4 && !/^\d{1,3}(\.\d{1,3}){0,3}$/.test(address)) return undefined;
  return {
    text,
    family,
    address,
    prefix: match[2] === undefined ? (family === 4 ? 32 : 128) : Number(match[2]),
  };
}

/** Whether the network holds so much of the internet that no operator can mean all of it. */
export function isTooWide(network: Network): boolean {
  if (network.text.startsWith('!')) return false;
  if (network.family === 4) return network.prefix < 8;
  // Unique local (fc00::/7) and link local (fe80::/10) addresses do not come from outside.
  if (/^f[cde]/.test(network.address)) return false;
  // ::ffff:0:0/96 and shorter is all of IPv4.
  if (network.address.startsWith('::ffff:')) return network.prefix < 104;
  return network.prefix < 32;
}
