import type { Answer, RecordData, RecordType } from '../resolver.ts';
import { canonicalName, parentName } from '../name.ts';
import { isRecordType, normalRecord } from './record.ts';
import type { ZoneFailure, ZoneNode, ZoneRecords, Zones } from './zones.ts';

/** The TTL of records, and of "there is none" where no SOA says otherwise: five minutes, in seconds. */
const defaultTtl = 300;

/** Records of one type at one name, ready to be answered. */
export interface RecordSet<T extends RecordType = RecordType> {
  readonly records: readonly RecordData[T][];
  readonly ttl: number;
}

/** What stands at a name: its records by type, or the failure that every lookup of it meets. */
type IndexedNode = { readonly [T in RecordType]?: RecordSet<T> | ZoneFailure } | ZoneFailure;

/** The zone that a name belongs to, for the authority section of a negative answer. */
interface Authority {
  readonly apex: string;
  readonly soa: RecordSet<'SOA'>;
}

/** Zones made ready for lookups: names in one form, records in one form, ancestors and wildcards known. */
export interface ZoneIndex {
  /** Whether the name itself, or a name below it, is in the zones: wildcards do not count. */
  has(name: string): boolean;
  /** The node at a canonical name, made from a wildcard if need be; an empty node for an ancestor of a name. */
  node(name: string): IndexedNode | undefined;
  /** The zone with the longest name that holds this canonical name. */
  authority(name: string): Authority | undefined;
}

const empty: IndexedNode = {};

/** Names that cannot exist and records that are no data of their type are left out. */
export function indexZones(zones: Zones): ZoneIndex {
  const nodes = new Map<string, IndexedNode>();
  for (const [written, node] of Object.entries(zones)) {
    const name = canonicalName(written);
    if (name === undefined) continue;
    nodes.set(name, indexNode(node));
  }
  for (const name of nodes.keys()) {
    // RFC 8020: what has names below it exists, even when it holds nothing itself.
    for (let up = parentName(name); up !== undefined && up !== '' && !nodes.has(up); up = parentName(up))
      nodes.set(up, empty);
  }
  return {
    has: (name) => nodes.has(name),
    node: (name) => nodes.get(name) ?? wildcard(nodes, name),
    authority(name) {
      for (let apex: string | undefined = name; apex !== undefined; apex = parentName(apex)) {
        const node = nodes.get(apex);
        const soa = typeof node === 'object' ? node.SOA : undefined;
        if (typeof soa === 'object') return { apex, soa };
      }
      return undefined;
    },
  };
}

/** How long "there is none" holds: the smaller of the SOA's TTL and its minimum (RFC 2308, 5). */
function negativeTtl(authority: Authority | undefined): number {
  const minimum = authority?.soa.records[0]?.minimum;
  return authority && minimum !== undefined ? Math.min(authority.soa.ttl, minimum) : defaultTtl;
}

/** What one node says to one question, without looking further; an alias is left to the caller. */
export function answerAt<T extends RecordType>(
  index: ZoneIndex,
  name: string,
  type: T,
): Answer<T> | { readonly status: 'alias'; readonly target: string; readonly ttl: number } {
  const node = index.node(name);
  if (node === undefined) return { status: 'nxdomain', ttl: negativeTtl(index.authority(name)) };
  const found = typeof node === 'string' ? node : node[type];
  if (typeof found === 'string') return failed(found);
  if (found && found.records.length > 0) return { status: 'found', records: found.records, ttl: found.ttl };
  const alias = typeof node === 'string' ? node : node.CNAME;
  if (typeof alias === 'string') return failed(alias);
  const target = alias?.records[0];
  if (alias && target !== undefined) return { status: 'alias', target, ttl: alias.ttl };
  return { status: 'nodata', ttl: negativeTtl(index.authority(name)) };
}

function failed(failure: ZoneFailure): Answer<never> {
  if (failure === 'TIMEOUT') return { status: 'failed', reason: 'timeout' };
  return { status: 'failed', reason: failure === 'REFUSED' ? 'refused' : 'servfail' };
}

function indexNode(node: ZoneNode): IndexedNode {
  if (typeof node === 'string') return node;
  const types: Partial<Record<RecordType, RecordSet | ZoneFailure>> = {};
  for (const [type, records] of Object.entries(node))
    if (isRecordType(type)) types[type] = indexRecords(type, records);
  return types as IndexedNode;
}

function indexRecords(type: RecordType, value: ZoneRecords): RecordSet | ZoneFailure {
  if (typeof value === 'string') return value;
  const { ttl, records } = 'records' in value ? value : { ttl: defaultTtl, records: value };
  const normal = records.map((record) => normalRecord(type, record)).filter((record) => record !== undefined);
  return { ttl, records: normal };
}

/** RFC 4592: `*` below the closest name that exists stands for everything below it that does not. */
function wildcard(nodes: ReadonlyMap<string, IndexedNode>, name: string): IndexedNode | undefined {
  for (let encloser = parentName(name); encloser !== undefined; encloser = parentName(encloser)) {
    const found = nodes.get(encloser === '' ? '*' : `*.${encloser}`);
    if (found || nodes.has(encloser)) return found;
  }
  return undefined;
}
