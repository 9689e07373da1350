import type { RecordData, RecordType } from '../resolver.ts';
import { ipv4Bytes, ipv6Bytes, ipv6Text } from '../address.ts';
import { canonicalName } from '../name.ts';
import type { JsonNode } from './json.ts';

/** How the data of one record type is checked and brought into its one form. */
interface Form<Data> {
  /** What a person should have written, as JSON. */
  readonly expected: string;
  /** The data in the form that every driver answers with, or undefined if it is none. */
  read(value: unknown): Data | undefined;
}

const host: Form<string> = {
  expected: '"host.example.com"',
  read: (value) => (typeof value === 'string' ? canonicalName(value) : undefined),
};

const forms: { readonly [T in RecordType]: Form<RecordData[T]> } = {
  A: {
    expected: '"192.0.2.1"',
    read: (value) => (typeof value === 'string' && ipv4Bytes(value) ? value : undefined),
  },
  AAAA: {
    expected: '"2001:db8::1"',
    read(value) {
      const bytes = typeof value === 'string' ? ipv6Bytes(value) : undefined;
      return bytes && ipv6Text(bytes);
    },
  },
  PTR: host,
  CNAME: host,
  NS: host,
  MX: {
    expected: '{ "preference": 10, "exchange": "mx.example.com" } (exchange "." for no mail at all)',
    read(value) {
      if (!isObject(value)) return undefined;
      const { preference } = value;
      // The root is '' in the form that every driver answers with, and that form may be read again.
      const written = value['exchange'] === '' ? '.' : value['exchange'];
      const exchange = typeof written === 'string' ? canonicalName(written) : undefined;
      return isUint(preference, 16) && exchange !== undefined ? { preference, exchange } : undefined;
    },
  },
  TXT: {
    expected: '["up to 255 bytes", "…"], every character below U+0100 standing for one byte',
    read(value) {
      if (!Array.isArray(value) || value.length === 0) return undefined;
      const strings: readonly unknown[] = value;
      return strings.every(isCharacterString) ? [...strings] : undefined;
    },
  },
  SOA: {
    expected:
      '{ "primary": "ns.example.com", "admin": "hostmaster.example.com", "serial": 1, "refresh": 3600, "retry": 600, "expire": 86400, "minimum": 300 }',
    read(value) {
      if (!isObject(value)) return undefined;
      const { serial, refresh, retry, expire, minimum } = value;
      const primary = typeof value['primary'] === 'string' ? canonicalName(value['primary']) : undefined;
      const admin = typeof value['admin'] === 'string' ? canonicalName(value['admin']) : undefined;
      if (primary === undefined || admin === undefined) return undefined;
      if (!isUint(serial, 32) || !isUint(refresh, 32) || !isUint(retry, 32)) return undefined;
      if (!isUint(expire, 32) || !isUint(minimum, 32)) return undefined;
      return { primary, admin, serial, refresh, retry, expire, minimum };
    },
  },
  TLSA: {
    expected: '{ "usage": 3, "selector": 1, "matching": 1, "data": "hexadecimal" }',
    read(value) {
      if (!isObject(value)) return undefined;
      const { usage, selector, matching, data } = value;
      if (!isUint(usage, 8) || !isUint(selector, 8) || !isUint(matching, 8)) return undefined;
      if (typeof data !== 'string' || !/^(?:[\da-f]{2})*$/i.test(data)) return undefined;
      return { usage, selector, matching, data: data.toLowerCase() };
    },
  },
  CAA: {
    expected: '{ "flags": 0, "tag": "issue", "value": "ca.example.net" }',
    read(value) {
      if (!isObject(value)) return undefined;
      const { flags, tag, value: text } = value;
      if (!isUint(flags, 8) || typeof tag !== 'string' || !/^[\da-z]{1,255}$/i.test(tag)) return undefined;
      return typeof text === 'string' && isLatin1(text)
        ? { flags, tag: tag.toLowerCase(), value: text }
        : undefined;
    },
  },
};

/** Every record type that a resolver answers, in the order of the contract. */
export const recordTypes: readonly RecordType[] = Object.keys(forms) as RecordType[];

export function isRecordType(text: string): text is RecordType {
  return Object.hasOwn(forms, text);
}

/** The data in the form that every driver answers with, or undefined if it cannot be data of that type. */
export function normalRecord<T extends RecordType>(type: T, value: unknown): RecordData[T] | undefined {
  return forms[type].read(value);
}

/** One record out of a zone file, or what should have stood there. */
export function readRecord(
  type: RecordType,
  node: JsonNode,
): { readonly data: RecordData[RecordType] } | { readonly expected: string } {
  const data = normalRecord(type, plainValue(node));
  return data === undefined ? { expected: forms[type].expected } : { data };
}

function plainValue(node: JsonNode): unknown {
  if (node.type === 'array') return node.items.map(plainValue);
  if (node.type === 'object')
    return Object.fromEntries(node.members.map(({ key, value }) => [key, plainValue(value)]));
  return node.value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isUint(value: unknown, bits: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** bits;
}

function isCharacterString(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 255 && isLatin1(value);
}

function isLatin1(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return false;
  return true;
}
