import type { RecordData } from '../resolver.ts';
import { ipv6Text } from '../address.ts';
import { labelText } from '../name.ts';
import { typeCodes, type Message, type Question, type ResourceRecord } from './message.ts';

/**
 * How many labels and pointers may be walked in one message. 64 KB full of addresses, the most that an honest server
 * can send, need four thousand; a hostile one could ask for millions.
 */
const longestWalk = 8_192;

const longestName = 255;
const inClass = 1;
const optType = 41;

/** Ends the reading of bytes that break the format, from any depth. One for all: a stack trace costs more than the reading. */
const malformed = new Error('malformed');

/**
 * Reads a response whose header and question have already been checked.
 *
 * Only what can be part of the answer is decoded; everything else is stepped over, within its bounds.
 *
 * @returns undefined when anything in it breaks the format. Never throws, and takes time linear in its length.
 */
export function decodeResponse(bytes: Buffer, question: Question): Message | undefined {
  try {
    return new ResponseReader(bytes, question).message();
  } catch (error) {
    if (error === malformed) return undefined;
    throw error;
  }
}

class ResponseReader {
  readonly #bytes: Buffer;
  readonly #question: Question;
  #at = 12;
  #walk = longestWalk;
  /** Names that a pointer led to, by where they stand. */
  #names: Map<number, string> | undefined;

  constructor(bytes: Buffer, question: Question) {
    this.#bytes = bytes;
    this.#question = question;
  }

  message(): Message {
    const bytes = this.#bytes;
    if (bytes.length < 12) throw malformed;
    for (let count = this.#uint16(4); count > 0; count--) {
      this.#skipName();
      this.#skip(4);
    }
    const answers: ResourceRecord[] = [];
    for (let count = this.#uint16(6); count > 0; count--) this.#answer(answers);
    let negativeTtl: number | undefined;
    let nameservers = false;
    for (let count = this.#uint16(8); count > 0; count--) {
      this.#skipName();
      const { type, ttl, end } = this.#fixedPart();
      if (type === typeCodes.SOA) negativeTtl ??= this.#negativeTtl(ttl, end);
      nameservers ||= type === typeCodes.NS;
      this.#at = end;
    }
    return {
      rcode: (bytes[3]! & 0x0f) | this.#extendedCode(),
      truncated: (bytes[2]! & 0x02) !== 0,
      authenticated: (bytes[3]! & 0x20) !== 0,
      answers,
      negativeTtl,
      referral: nameservers && negativeTtl === undefined,
    };
  }

  #answer(answers: ResourceRecord[]): void {
    const wanted = typeCodes[this.#question.type];
    const start = this.#at;
    this.#skipName();
    const after = this.#at;
    const { type, classCode, ttl, end } = this.#fixedPart();
    if (classCode === inClass && (type === wanted || type === typeCodes.CNAME)) {
      const rdata = this.#at;
      this.#at = start;
      const owner = this.#name();
      if (this.#at !== after) throw malformed;
      this.#at = rdata;
      const data = type === wanted ? this.#data(end) : this.#name();
      if (this.#at !== end) throw malformed;
      answers.push({ owner, type, ttl, data });
    }
    this.#at = end;
  }

  /** The high bits of the response code, which EDNS carries (RFC 6891, 6.1.3). */
  #extendedCode(): number {
    let code = 0;
    for (let count = this.#uint16(10); count > 0; count--) {
      const isRoot = this.#bytes[this.#at] === 0;
      this.#skipName();
      const ttlAt = this.#at + 4;
      const { type, end } = this.#fixedPart();
      if (type === optType && isRoot) code = this.#bytes[ttlAt]! << 4;
      this.#at = end;
    }
    return code;
  }

  /** Type, class, TTL and where the data ends; leaves the position at the data. */
  #fixedPart(): { type: number; classCode: number; ttl: number; end: number } {
    const at = this.#at;
    if (at + 10 > this.#bytes.length) throw malformed;
    const seconds = this.#uint32(at + 4);
    const end = at + 10 + this.#uint16(at + 8);
    if (end > this.#bytes.length) throw malformed;
    this.#at = at + 10;
    // RFC 2181, 8: a TTL with the top bit set counts as zero.
    return {
      type: this.#uint16(at),
      classCode: this.#uint16(at + 2),
      ttl: seconds >= 2 ** 31 ? 0 : seconds,
      end,
    };
  }

  /** The smaller of the TTL of an SOA and its minimum, its last field (RFC 2308, 5). */
  #negativeTtl(ttl: number, end: number): number {
    if (end - this.#at < 22) throw malformed;
    return Math.min(ttl, this.#uint32(end - 4));
  }

  #data(end: number): RecordData[keyof RecordData] {
    const bytes = this.#bytes;
    const at = this.#at;
    const size = end - at;
    switch (this.#question.type) {
      case 'A':
        if (size !== 4) throw malformed;
        this.#at = end;
        return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
      case 'AAAA':
        if (size !== 16) throw malformed;
        this.#at = end;
        return ipv6Text(bytes, at);
      case 'PTR':
      case 'CNAME':
      case 'NS':
        return this.#name();
      case 'MX':
        if (size < 3) throw malformed;
        this.#at += 2;
        return { preference: this.#uint16(at), exchange: this.#name() };
      case 'TXT':
        return this.#characterStrings(end);
      case 'SOA':
        return this.#soa(end);
      case 'TLSA':
        if (size < 3) throw malformed;
        this.#at = end;
        return {
          usage: bytes[at]!,
          selector: bytes[at + 1]!,
          matching: bytes[at + 2]!,
          data: bytes.toString('hex', at + 3, end),
        };
      case 'CAA': {
        const tag = size < 2 ? 0 : bytes[at + 1]!;
        if (tag === 0 || tag > size - 2) throw malformed;
        this.#at = end;
        return {
          flags: bytes[at]!,
          tag: bytes.toString('latin1', at + 2, at + 2 + tag).toLowerCase(),
          value: bytes.toString('latin1', at + 2 + tag, end),
        };
      }
    }
  }

  #characterStrings(end: number): string[] {
    const strings: string[] = [];
    if (this.#at === end) throw malformed;
    while (this.#at < end) {
      const from = this.#at + 1;
      this.#at = from + this.#bytes[this.#at]!;
      if (this.#at > end) throw malformed;
      strings.push(this.#bytes.toString('latin1', from, this.#at));
    }
    return strings;
  }

  #soa(end: number): RecordData['SOA'] {
    const primary = this.#name();
    const admin = this.#name();
    const at = this.#at;
    if (end - at !== 20) throw malformed;
    this.#at = end;
    return {
      primary,
      admin,
      serial: this.#uint32(at),
      refresh: this.#uint32(at + 4),
      retry: this.#uint32(at + 8),
      expire: this.#uint32(at + 12),
      minimum: this.#uint32(at + 16),
    };
  }

  #skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw malformed;
  }

  /** Steps over a name without following its pointer. */
  #skipName(): void {
    for (;;) {
      const length = this.#bytes[this.#at];
      if (length === undefined || this.#walk-- === 0) throw malformed;
      if (length >= 0xc0) return this.#skip(2);
      if (length >= 0x40) throw malformed;
      this.#skip(length + 1);
      if (length === 0) return;
    }
  }

  /**
   * Reads a name in canonical form, following pointers. A pointer may only lead backwards, before the piece of the
   * name it ends (RFC 1035, 4.1.4: "a prior occurrence"), so that there are no circles.
   */
  #name(): string {
    const bytes = this.#bytes;
    // Nearly every owner is a pointer to the question's name.
    if (bytes[this.#at] === 0xc0 && bytes[this.#at + 1] === 12) {
      this.#at += 2;
      return this.#question.name;
    }
    let [at, piece, size, text] = [this.#at, this.#at, 1, ''];
    let after: number | undefined;
    let remember: number | undefined;
    for (;;) {
      const length = bytes[at];
      if (length === undefined || this.#walk-- === 0) throw malformed;
      if (length === 0) {
        after ??= at + 1;
        break;
      }
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0);
        if (target >= piece || target < 12 || at + 1 >= bytes.length) throw malformed;
        after ??= at + 2;
        const known = text === '' ? this.#names?.get(target) : undefined;
        if (known !== undefined) {
          text = known;
          break;
        }
        if (text === '') remember ??= target;
        at = piece = target;
        continue;
      }
      size += length + 1;
      const end = at + 1 + length;
      if (length >= 0x40 || size > longestName || end > bytes.length) throw malformed;
      const label = this.#label(at + 1, end);
      text = text === '' ? label : `${text}.${label}`;
      at = end;
    }
    if (remember !== undefined) (this.#names ??= new Map()).set(remember, text);
    this.#at = after;
    return text;
  }

  #label(start: number, end: number): string {
    const bytes = this.#bytes;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      const isPlain =
        byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c && (byte < 0x41 || byte > 0x5a);
      if (!isPlain) return labelText(bytes.subarray(start, end));
    }
    return bytes.toString('latin1', start, end);
  }

  #uint16(at: number): number {
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  #uint32(at: number): number {
    return this.#uint16(at) * 0x10000 + this.#uint16(at + 2);
  }
}
