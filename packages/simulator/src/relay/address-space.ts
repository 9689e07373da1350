import { canonicalAddress } from '../address/hostname.ts';
import type { Network } from '../tables/network.ts';

/** Addresses of one family from the first to the last, as numbers. */
export interface Cell {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Cuts both families' addresses wherever one of the networks begins or ends: what asks only about these networks says
 * the same of every address of a cell.
 *
 *     0.0.0.0 ………… 10.0.0.0/8 …………………… 192.0.2.0/24 ………… 255.255.255.255
 *     |   cell   |   cell    |   cell    |   cell     |    cell        |
 */
export function cutAddresses(networks: readonly Network[]): Cell[] {
  return ([32, 128] as const).flatMap((bits) => {
    const end = 1n << BigInt(bits);
    const starts = new Set([0n]);
    for (const network of networks) {
      if (network.bytes.length * 8 !== bits) continue;
      const size = 1n << BigInt(bits - network.prefix);
      const first = (numberOf(network.bytes) / size) * size;
      starts.add(first);
      starts.add(first + size);
    }
    starts.delete(end);
    const sorted = [...starts].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return sorted.map((first, index) => ({ bits, first, last: (sorted[index + 1] ?? end) - 1n }));
  });
}

/** `192.0.2.0–192.0.2.255`, cells that touch as one, both ends in the spelling of inet_ntop(3). */
export function printCells(cells: readonly Cell[]): string[] {
  const joined: { bits: 32 | 128; first: bigint; last: bigint }[] = [];
  for (const cell of cells) {
    const before = joined.at(-1);
    if (before && before.bits === cell.bits && before.last + 1n === cell.first) before.last = cell.last;
    else joined.push({ ...cell });
  }
  return joined.map(({ bits, first, last }) =>
    first === last ? addressAt(bits, first) : `${addressAt(bits, first)}–${addressAt(bits, last)}`,
  );
}

/** An address of the cell, one that looks like somebody's where there is one. */
export function addressIn({ bits, first, last }: Cell, preferred: readonly Network[]): string {
  for (const { bytes } of preferred) {
    const value = numberOf(bytes);
    if (bytes.length * 8 === bits && value >= first && value <= last) return addressAt(bits, value);
  }
  return addressAt(bits, first < last ? first + 1n : first);
}

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function addressAt(bits: 32 | 128, value: bigint): string {
  const bytes = Array.from({ length: bits / 8 }, (_, index) =>
    Number((value >> BigInt(bits - 8 * (index + 1))) & 255n),
  );
  if (bits === 32) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16),
  );
  return canonicalAddress(groups.join(':'));
}
