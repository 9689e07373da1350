import { formatAddress, type Address, type Words } from './address.ts';

/** A stretch of addresses of one family, both ends included. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** A set of addresses of one family: sorted stretches that neither touch nor overlap. */
export type RangeSet = readonly AddressRange[];

/** A set of IPv4 and IPv6 addresses. */
export interface AddressSet {
  readonly ip4: RangeSet;
  readonly ip6: RangeSet;
}

export const noAddresses: AddressSet = { ip4: [], ip6: [] };
export const allAddresses: AddressSet = {
  ip4: [{ first: 0n, last: (1n << 32n) - 1n }],
  ip6: [{ first: 0n, last: (1n << 128n) - 1n }],
};

/** The addresses of a network; host bits that are set are cleared. */
export function network(address: Address, prefix: number): AddressSet {
  const bits = BigInt((address.family === 4 ? 32 : 128) - prefix);
  const first = (toBigInt(address) >> bits) << bits;
  const range = [{ first, last: first + (1n << bits) - 1n }];
  return address.family === 4 ? { ip4: range, ip6: [] } : { ip4: [], ip6: range };
}

export function union(a: AddressSet, b: AddressSet): AddressSet {
  return { ip4: merge([...a.ip4, ...b.ip4]), ip6: merge([...a.ip6, ...b.ip6]) };
}

/** All the sets in one; quicker than one union after the other. */
export function unionAll(sets: readonly AddressSet[]): AddressSet {
  return { ip4: merge(sets.flatMap((set) => set.ip4)), ip6: merge(sets.flatMap((set) => set.ip6)) };
}

export function intersect(a: AddressSet, b: AddressSet): AddressSet {
  return { ip4: overlap(a.ip4, b.ip4), ip6: overlap(a.ip6, b.ip6) };
}

export function subtract(a: AddressSet, b: AddressSet): AddressSet {
  return { ip4: without(a.ip4, b.ip4), ip6: without(a.ip6, b.ip6) };
}

export function isEmpty(set: AddressSet): boolean {
  return set.ip4.length === 0 && set.ip6.length === 0;
}

/** The fewest networks that hold exactly these addresses, IPv4 first, as `192.0.2.0/24` or a bare address. */
export function toNetworks(set: AddressSet): { family: 4 | 6; text: string }[] {
  return [
    ...set.ip4.flatMap((range) => split(range, 4).map((text) => ({ family: 4 as const, text }))),
    ...set.ip6.flatMap((range) => split(range, 6).map((text) => ({ family: 6 as const, text }))),
  ];
}

function toBigInt({ words }: Address): bigint {
  return words.reduce((value, word) => (value << 32n) | BigInt(word), 0n);
}

function fromBigInt(value: bigint, family: 4 | 6): Address {
  const word = (shift: bigint): number => Number((value >> shift) & 0xffff_ffffn);
  const words: Words = [word(96n), word(64n), word(32n), word(0n)];
  return { family, words };
}

function merge(ranges: AddressRange[]): RangeSet {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged: AddressRange[] = [];
  for (const range of sorted) {
    const previous = merged.at(-1);
    if (previous && range.first <= previous.last + 1n) {
      if (range.last > previous.last) merged[merged.length - 1] = { first: previous.first, last: range.last };
    } else {
      merged.push(range);
    }
  }
  return merged;
}

function overlap(a: RangeSet, b: RangeSet): RangeSet {
  const common: AddressRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [left, right] = [a[i]!, b[j]!];
    const first = left.first > right.first ? left.first : right.first;
    const last = left.last < right.last ? left.last : right.last;
    if (first <= last) common.push({ first, last });
    if (left.last < right.last) i++;
    else j++;
  }
  return common;
}

function without(a: RangeSet, b: RangeSet): RangeSet {
  const rest: AddressRange[] = [];
  let j = 0;
  for (const range of a) {
    let first = range.first;
    while (j < b.length && b[j]!.last < first) j++;
    for (let k = j; k < b.length && b[k]!.first <= range.last; k++) {
      if (b[k]!.first > first) rest.push({ first, last: b[k]!.first - 1n });
      first = b[k]!.last + 1n;
    }
    if (first <= range.last) rest.push({ first, last: range.last });
  }
  return rest;
}

/** Cuts a stretch into networks: at each step the largest that starts here and fits. */
function split(range: AddressRange, family: 4 | 6): string[] {
  const width = family === 4 ? 32 : 128;
  const networks: string[] = [];
  for (let first = range.first; first <= range.last;) {
    let bits = 0;
    while (bits < width) {
      const next = BigInt(bits + 1);
      const aligned = (first >> next) << next === first;
      if (!aligned || first + (1n << next) - 1n > range.last) break;
      bits++;
    }
    const text = formatAddress(fromBigInt(first, family));
    networks.push(bits === 0 ? text : `${text}/${width - bits}`);
    first += 1n << BigInt(bits);
  }
  return networks;
}
