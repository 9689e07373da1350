import type { Network } from './network.ts';

/**
 * Finds the first of many networks that holds an address, without going through them: for each length of a prefix that
 * occurs, one look at the address's leading bits.
 *
 * @param networks  in the order in which they count, each with what is found
 */
export function networkIndex<T>(
  networks: Iterable<{ readonly network: Network; readonly found: T }>,
): (address: readonly number[]) => { readonly order: number; readonly found: T } | undefined {
  const kinds = new Map<string, { length: number; prefix: number; first: Map<string, Entry> }>();
  type Entry = { readonly order: number; readonly found: T };
  let order = 0;
  for (const { network, found } of networks) {
    const { bytes, prefix } = network;
    const name = `${bytes.length}/${prefix}`;
    let kind = kinds.get(name);
    if (!kind) kinds.set(name, (kind = { length: bytes.length, prefix, first: new Map() }));
    const key = leadingBits(bytes, prefix);
    if (!kind.first.has(key)) kind.first.set(key, { order, found });
    order++;
  }
  const all = [...kinds.values()];
  return (address) => {
    let best: Entry | undefined;
    for (const { length, prefix, first } of all) {
      if (length !== address.length) continue;
      const entry = first.get(leadingBits(address, prefix));
      if (entry && (!best || entry.order < best.order)) best = entry;
    }
    return best;
  };
}

function leadingBits(bytes: readonly number[], prefix: number): string {
  const whole = prefix >> 3;
  let key = '';
  for (let at = 0; at < whole; at++) key += String.fromCharCode(bytes[at]!);
  const rest = prefix & 7;
  return rest === 0 ? key : key + String.fromCharCode(bytes[whole]! & ((0xff << (8 - rest)) & 0xff));
}
