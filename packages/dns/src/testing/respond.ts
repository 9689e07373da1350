import { Packet, type Resource } from 'dns2';
import type { RecordData, RecordType } from '../resolver.ts';
import { ipv6Bytes } from '../address.ts';
import { canonicalName, labelText, nameLabels } from '../name.ts';
import { longestChain } from '../wire/interpret.ts';
import { typeCodes } from '../wire/message.ts';
import { answerAt, type RecordSet, type ZoneIndex } from '../zones/lookup.ts';
import type { AskedQuestion } from './behaviour.ts';

const responseCodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

export type ResponseCode = keyof typeof responseCodes;

const typeNames = new Map(Object.entries(typeCodes).map(([name, code]) => [code, name as RecordType]));

/** A query as a server reads it. */
export interface ReceivedQuery {
  readonly bytes: Buffer;
  readonly packet: Packet;
  readonly question: Omit<AskedQuestion, 'protocol'>;
  /** The most that the client takes by UDP. */
  readonly payload: number;
}

/** @returns undefined for what is no query, answers among it: to answer them would make a loop */
export function readQuery(bytes: Buffer): ReceivedQuery | undefined {
  if (bytes.length < 17 || (bytes[2]! & 0xf8) !== 0 || bytes.readUInt16BE(4) !== 1) return undefined;
  const packet = Packet.parse(bytes);
  const asked = packet.questions[0];
  if (packet.errors.length > 0 || !asked) return undefined;
  const labels: string[] = [];
  for (let at = 12; bytes[at]! > 0; at += bytes[at]! + 1)
    labels.push(labelText(bytes.subarray(at + 1, at + 1 + bytes[at]!)));
  const opt = packet.additionals.find((record) => record.type === Packet.TYPE.EDNS);
  return {
    bytes,
    packet,
    question: { name: labels.join('.'), type: typeNames.get(asked.type) ?? asked.type },
    payload: Math.min(Math.max(opt?.class ?? 512, 512), 4096),
  };
}

/** The true answer of the zones, with the aliases on the way; undefined where they say there is none. */
export function respond(index: ZoneIndex, query: ReceivedQuery): Buffer | undefined {
  const { name, type } = query.question;
  if (typeof type === 'number') return encode(query, 'NOTIMP', [], []);
  const answers: Resource[] = [];
  let at = name;
  for (let hops = 0; hops <= longestChain; hops++) {
    const found = answerAt(index, at, type);
    if (found.status === 'failed')
      return found.reason === 'timeout'
        ? undefined
        : encode(query, found.reason === 'refused' ? 'REFUSED' : 'SERVFAIL', [], []);
    if (found.status === 'found')
      return encode(query, 'NOERROR', [...answers, ...resources(at, type, found)], []);
    if (found.status !== 'alias') {
      const authority = index.authority(at);
      const soa = authority ? resources(authority.apex, 'SOA', authority.soa) : [];
      return encode(query, found.status === 'nxdomain' ? 'NXDOMAIN' : 'NOERROR', answers, soa);
    }
    answers.push(...resources(at, 'CNAME', { records: [found.target], ttl: found.ttl }));
    at = found.target;
  }
  return encode(query, 'SERVFAIL', [], []);
}

/** A response without records. */
export function emptyResponse(query: ReceivedQuery, code: ResponseCode, truncated = false): Buffer {
  return encode(query, code, [], [], truncated);
}

function encode(
  query: ReceivedQuery,
  code: ResponseCode,
  answers: Resource[],
  authorities: Resource[],
  truncated = false,
): Buffer {
  const packet = Packet.createResponseFromRequest(query.packet);
  packet.header.ra = 1;
  packet.header.tc = truncated ? 1 : 0;
  packet.header.rcode = responseCodes[code];
  packet.answers = answers;
  packet.authorities = authorities;
  packet.additionals = query.packet.additionals.some((record) => record.type === Packet.TYPE.EDNS)
    ? [Packet.Resource.EDNS([], { udpPayloadSize: 1232 })]
    : [];
  const bytes = packet.toBuffer();
  // dns2 takes a dot inside a label for the end of it: the question goes back as it came.
  query.bytes.copy(bytes, 12, 12, questionEnd(query.bytes));
  return bytes;
}

function questionEnd(bytes: Buffer): number {
  let at = 12;
  while (bytes[at]! > 0) at += bytes[at]! + 1;
  return at + 5;
}

function resources<T extends RecordType>(owner: string, type: T, { records, ttl }: RecordSet<T>): Resource[] {
  return records.map((record) => {
    const common = { name: wireName(owner), type: typeCodes[type], class: Packet.CLASS.IN, ttl };
    return { ...common, ...fields(type, record) } as Resource;
  });
}

/** The names that dns2 has for the parts of a record; where it has no encoder, the bytes. */
function fields<T extends RecordType>(type: T, data: RecordData[T]): object {
  const encoders: { [Type in RecordType]: (record: RecordData[Type]) => object } = {
    A: (address) => ({ address }),
    // Its own parser stumbles over an embedded dotted quad.
    AAAA: (address) => ({ address: hexGroups(ipv6Bytes(address) ?? []) }),
    PTR: (domain) => ({ domain: wireName(domain) }),
    CNAME: (domain) => ({ domain: wireName(domain) }),
    NS: (ns) => ({ ns: wireName(ns) }),
    MX: ({ preference, exchange }) => ({ priority: preference, exchange: wireName(exchange) }),
    TXT: (strings) => ({ data: strings.map((text) => Buffer.from(text, 'latin1')) }),
    SOA: ({ primary, admin, expire, ...numbers }) => ({
      ...numbers,
      primary: wireName(primary),
      admin: wireName(admin),
      expiration: expire,
    }),
    TLSA: ({ usage, selector, matching, data: hex }) => ({
      data: Buffer.concat([Buffer.from([usage, selector, matching]), Buffer.from(hex, 'hex')]),
    }),
    CAA: (record) => record,
  };
  return encoders[type](data);
}

/** A name as dns2 takes it: labels of latin1 characters. */
function wireName(name: string): string {
  const labels = nameLabels(canonicalName(name) === '' ? '.' : name) ?? [];
  return labels.map((label) => String.fromCharCode(...label)).join('.');
}

function hexGroups(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16),
  );
  return groups.join(':');
}
