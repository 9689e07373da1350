import type { Answer } from '@postern/dns';
import { formatAddress, nibbles } from '../address/address.ts';
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
