import type { Answer } from '@postern/dns';
import {
  formatAddress,
  nibbles,
  parseIp4,
  parseIp6,
  sameNetwork4,
  sameNetwork6,
  type Address,
} from '../address/address.ts';
import { isSpf } from '../syntax/record.ts';
import type { MacroValues } from './macro-expansion.ts';
import type { SpfLookup } from './trace.ts';

export const multiple: unique symbol = Symbol('more than one SPF record');

/** The one SPF record among the TXT records (section 4.5). */
export function spfText(records: readonly (readonly string[])[]): string | null | typeof multiple {
  let found: string | null = null;
  for (const strings of records) {
    const text = strings.length === 1 ? strings[0]! : strings.join('');
    if (!isSpf(text)) continue;
    if (found !== null) return multiple;
    found = text;
  }
  return found;
}

/** A void lookup: the name or its records do not exist (section 4.6.4). */
export function isVoid(answer: Answer): boolean {
  return (
    answer.status === 'nodata' ||
    answer.status === 'nxdomain' ||
    (answer.status === 'found' && answer.records.length === 0)
  );
}

export function failureText({ name, type, answer }: SpfLookup): string {
  const reason = answer.status === 'failed' ? answer.reason : answer.status;
  return `DNS gave no answer for ${name} ${type}: ${reason}`;
}

export function hostName(name: string): string {
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

export function isAtOrBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

export function byPreference<T extends { readonly preference: number }>(records: readonly T[]): readonly T[] {
  for (let i = 1; i < records.length; i++) {
    if (records[i]!.preference < records[i - 1]!.preference) {
      return records.toSorted((a, b) => a.preference - b.preference);
    }
  }
  return records;
}

export function reverseName({ address }: MacroValues): string {
  return address.family === 4
    ? `${formatAddress(address).split('.').toReversed().join('.')}.in-addr.arpa`
    : `${nibbles(address.words).toReversed().join('.').toLowerCase()}.ip6.arpa`;
}

/** Whether one of a host's addresses is in the same network as the client. */
export function holdsClient(
  { family, words }: Address,
  records: readonly unknown[],
  prefix4: number,
  prefix6: number,
): boolean {
  for (const record of records as readonly string[]) {
    if (family === 4) {
      const ip4 = parseIp4(record);
      if (ip4 >= 0 && sameNetwork4(ip4, words[3], prefix4)) return true;
    } else {
      const ip6 = parseIp6(record);
      if (ip6 && sameNetwork6(ip6, words, prefix6)) return true;
    }
  }
  return false;
}
