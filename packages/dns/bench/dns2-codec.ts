import { Packet, type Resource } from 'dns2';
import type { RecordData, RecordType } from '../src/index.ts';
import { ipv6Bytes, ipv6Text } from '../src/address.ts';
import { labelText } from '../src/name.ts';
import { randomWord } from '../src/wire/entropy.ts';
import {
  typeCodes,
  type Codec,
  type Message,
  type Question,
  type ResourceRecord,
} from '../src/wire/message.ts';

/** dns2 behind the interface of our own codec, to be measured and compared against it. */
export const dns2Codec: Codec = {
  encode({ name, type }, id, mixedCase) {
    const packet = new Packet();
    packet.header = Object.assign(new Packet.Header({ id, rd: 1 }), { ad: 1 });
    const spelled = mixedCase ? mixCase(name) : name;
    packet.questions.push(new Packet.Question(spelled, typeCodes[type], Packet.CLASS.IN));
    packet.additionals.push(Packet.Resource.EDNS([], { udpPayloadSize: 1232 }));
    const bytes = packet.toBuffer();
    return { id, packet: bytes, questionEnd: bytes.length - 11 };
  },
  decode(bytes, question) {
    const packet = Packet.parse(bytes);
    return packet.errors.length > 0 ? undefined : message(packet, question);
  },
};

function message(packet: Packet, question: Question): Message {
  const wanted = typeCodes[question.type];
  const answers = packet.answers
    .filter(
      ({ class: classCode, type }) =>
        classCode === Packet.CLASS.IN && (type === wanted || type === typeCodes.CNAME),
    )
    .map((record): ResourceRecord => {
      const type: RecordType = record.type === wanted ? question.type : 'CNAME';
      return { owner: textOf(record.name), type: record.type, ttl: ttl(record), data: data(type, record) };
    });
  const soa = packet.authorities.find(({ type }) => type === typeCodes.SOA);
  const opt = packet.additionals.find((record) => record.type === Packet.TYPE.EDNS && record.name === '');
  const negativeTtl = soa && Math.min(ttl(soa), soa.minimum ?? 0);
  return {
    rcode: (packet.header.rcode & 0x0f) | ((opt?.extendedRcode ?? 0) << 4),
    truncated: packet.header.tc === 1,
    authenticated: 'ad' in packet.header && packet.header.ad === 1,
    answers,
    negativeTtl,
    referral: !soa && packet.authorities.some(({ type }) => type === typeCodes.NS),
  };
}

function data(type: RecordType, record: Resource): RecordData[RecordType] {
  switch (type) {
    case 'A':
      return record.address ?? '';
    case 'AAAA':
      return ipv6Text(ipv6Bytes(record.address ?? '') ?? []);
    case 'PTR':
    case 'CNAME':
      return textOf(record.domain ?? '');
    case 'NS':
      return textOf(record.ns ?? '');
    case 'MX':
      return { preference: record.priority ?? 0, exchange: textOf(record.exchange ?? '') };
    case 'TXT':
      return Array.isArray(record.data) ? record.data : [];
    case 'SOA':
      return {
        primary: textOf(record.primary ?? ''),
        admin: textOf(record.admin ?? ''),
        serial: record.serial ?? 0,
        refresh: record.refresh ?? 0,
        retry: record.retry ?? 0,
        expire: Number(record.expiration),
        minimum: record.minimum ?? 0,
      };
    case 'TLSA': {
      const bytes = Buffer.isBuffer(record.data) ? record.data : Buffer.alloc(3);
      return {
        usage: bytes[0] ?? 0,
        selector: bytes[1] ?? 0,
        matching: bytes[2] ?? 0,
        data: bytes.toString('hex', 3),
      };
    }
    case 'CAA':
      return { flags: record.flags ?? 0, tag: (record.tag ?? '').toLowerCase(), value: record.value ?? '' };
  }
}

/** dns2 makes a TTL with the top bit set the longest there is; by RFC 2181, 8, it is none at all. */
function ttl(record: Resource): number {
  return record.ttl === 0x7fffffff ? 0 : record.ttl;
}

/** dns2 joins labels with dots, whatever bytes are in them. */
function textOf(joined: string): string {
  if (/^[\w.-]*$/.test(joined)) return joined.toLowerCase();
  return joined
    .split('.')
    .map((label) => labelText(Buffer.from(label, 'latin1')))
    .join('.');
}

function mixCase(text: string): string {
  let bits = 0;
  let spelled = '';
  for (let at = 0; at < text.length; at++) {
    if (at % 32 === 0) bits = randomWord();
    spelled += bits & 1 ? text[at]!.toUpperCase() : text[at]!;
    bits >>>= 1;
  }
  return spelled;
}
