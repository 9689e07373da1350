import type { RecordData, RecordType } from '../resolver.ts';
import { canonicalName } from '../name.ts';
import { readJson, type JsonMember, type JsonNode, type Range } from './json.ts';
import { isRecordType, readRecord, recordTypes } from './record.ts';

/** How a lookup fails on purpose: with that response code, or with no answer at all. */
export type ZoneFailure = 'SERVFAIL' | 'REFUSED' | 'TIMEOUT';

/** The records of one type at one name. `ttl` is in seconds; without it 300. */
export type ZoneRecords<T extends RecordType = RecordType> =
  | readonly RecordData[T][]
  | { readonly ttl: number; readonly records: readonly RecordData[T][] }
  | ZoneFailure;

/** Everything at one name, or the way in which every lookup of it fails. */
export type ZoneNode = { readonly [T in RecordType]?: ZoneRecords<T> } | ZoneFailure;

/**
 * DNS data as JSON: names to types to records.
 *
 *     { "example.com": { "A": ["192.0.2.1"], "TXT": [["v=spf1 -all"]], "MX": "SERVFAIL" } }
 *
 * Names count in any case and with or without the final dot; `*.example.com` is a wildcard (RFC 4592).
 */
export type Zones = Readonly<Record<string, ZoneNode>>;

export type ZoneProblemCode =
  | 'json-syntax'
  | 'bad-shape'
  | 'bad-name'
  | 'duplicate'
  | 'unknown-type'
  | 'bad-record'
  | 'bad-ttl'
  | 'cname-beside-data';

/** Something in a zone file that is left out of the zones, where it stands, and what to write instead. */
export interface ZoneProblem {
  readonly code: ZoneProblemCode;
  readonly message: string;
  readonly range: Range;
}

const failures = new Set<string>(['SERVFAIL', 'REFUSED', 'TIMEOUT'] satisfies ZoneFailure[]);

const orFailure = '"SERVFAIL", "REFUSED" or "TIMEOUT"';

/**
 * Reads a zone file: JSON as `Zones` describes it.
 *
 * What is wrong is a problem with its place, and is left out of `zones`; everything else is kept. Never throws.
 */
export function parseZones(text: string): {
  readonly zones: Zones;
  readonly problems: readonly ZoneProblem[];
} {
  const problems: ZoneProblem[] = [];
  const report = (code: ZoneProblemCode, range: Range, message: string): undefined => {
    problems.push({ code, message, range });
    return undefined;
  };

  const json = readJson(text);
  if ('fault' in json) {
    report('json-syntax', json.fault.range, json.fault.message);
    return { zones: {}, problems };
  }
  if (json.node.type !== 'object') {
    report('bad-shape', json.node.range, 'write an object: { "example.com": { "A": ["192.0.2.1"] } }');
    return { zones: {}, problems };
  }

  const zones = new Map<string, ZoneNode>();
  for (const { key, keyRange, value } of json.node.members) {
    const name = canonicalName(key);
    if (name === undefined) report('bad-name', keyRange, `${JSON.stringify(key)} is no domain name`);
    else if (zones.has(name))
      report('duplicate', keyRange, `${name} stands here twice: put its records together`);
    else {
      const node = readNode(value, report);
      if (node !== undefined) zones.set(name, node);
    }
  }
  return { zones: Object.fromEntries(zones), problems };
}

type Report = (code: ZoneProblemCode, range: Range, message: string) => undefined;

function readNode(node: JsonNode, report: Report): ZoneNode | undefined {
  const failure = asFailure(node);
  if (failure) return failure;
  if (node.type !== 'object')
    return report('bad-shape', node.range, `write { "TYPE": [records] }, ${orFailure}`);
  const types = new Map<RecordType, ZoneRecords>();
  for (const member of node.members) readType(member, types, report);
  const cname = node.members.find(({ key }) => key.toUpperCase() === 'CNAME');
  if (cname && types.has('CNAME') && types.size > 1) {
    report(
      'cname-beside-data',
      cname.keyRange,
      'a name with a CNAME has no other records (RFC 1034, 3.6.2): remove one',
    );
    types.delete('CNAME');
  }
  return Object.fromEntries(types);
}

function readType(member: JsonMember, types: Map<RecordType, ZoneRecords>, report: Report): void {
  const type = member.key.toUpperCase();
  if (!isRecordType(type)) {
    report('unknown-type', member.keyRange, `${member.key} is not one of ${recordTypes.join(', ')}`);
  } else if (types.has(type)) {
    report('duplicate', member.keyRange, `${type} stands here twice: put its records into one array`);
  } else {
    const records = readRecords(type, member.value, report);
    if (records !== undefined) types.set(type, records);
  }
}

/** `[…]`, `{ "ttl": 60, "records": […] }` or the name of a failure. */
function readRecords(type: RecordType, node: JsonNode, report: Report): ZoneRecords | undefined {
  const failure = asFailure(node);
  if (failure) return failure;
  if (node.type === 'array') return readItems(type, node.items, report);
  if (node.type !== 'object')
    return report('bad-shape', node.range, `write an array of records, ${orFailure}`);
  const ttl = node.members.find(({ key }) => key === 'ttl')?.value;
  const records = node.members.find(({ key }) => key === 'records')?.value;
  if (node.members.length !== 2 || !ttl || records?.type !== 'array')
    return report('bad-shape', node.range, 'write { "ttl": seconds, "records": [records] }');
  const isTtl = ttl.type === 'number' && Number.isInteger(ttl.value) && ttl.value >= 0 && ttl.value < 2 ** 31;
  if (!isTtl) return report('bad-ttl', ttl.range, 'a TTL is a whole number of seconds from 0 to 2147483647');
  return { ttl: ttl.value, records: readItems(type, records.items, report) };
}

function readItems(type: RecordType, items: readonly JsonNode[], report: Report): RecordData[RecordType][] {
  return items.flatMap((item) => {
    const record = readRecord(type, item);
    if ('expected' in record) report('bad-record', item.range, `not ${type} data: write ${record.expected}`);
    return 'expected' in record ? [] : [record.data];
  });
}

function asFailure(node: JsonNode): ZoneFailure | undefined {
  return node.type === 'string' && failures.has(node.value) ? (node.value as ZoneFailure) : undefined;
}
