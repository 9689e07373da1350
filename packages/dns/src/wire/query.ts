import { nameLabels } from '../name.ts';
import { randomWord } from './entropy.ts';
import { typeCodes, type Query, type Question } from './message.ts';

/** What we let a server send by UDP: it fits every path unfragmented (DNS flag day 2020). */
const payload = 1232;

/**
 * A query for a question, recursion desired, with EDNS. The AD bit asks a validating server for its word on DNSSEC
 * (RFC 6840, 5.7), without the signatures themselves.
 *
 *     id flags qd an ns ar | name type class | 0 OPT payload rcode/flags length
 *     2  2     2  2  2  2  | …    2    2     | 1 2   2       4           2
 *
 * @param mixedCase  spell the letters in random case: a forger must guess them too (draft-vixie-dnsext-dns0x20)
 */
export function encodeQuery({ name, type }: Question, id: number, mixedCase: boolean): Query {
  // One byte more than its text for the first length, and one for the root; escapes only make it shorter.
  const packet = Buffer.allocUnsafe(12 + name.length + 2 + 4 + 11);
  packet[0] = id >> 8;
  packet[1] = id & 0xff;
  packet[2] = 1;
  packet.fill(0, 3, 12);
  packet[3] = 0x20;
  packet[5] = 1;
  packet[11] = 1;
  let at = name.includes('\\') || name === '' ? writeLabels(packet, name) : writeName(packet, name);
  if (mixedCase) mixCase(packet, at);
  const code = typeCodes[type];
  packet[at++] = 0;
  packet[at++] = code >> 8;
  packet[at++] = code & 0xff;
  packet[at++] = 0;
  packet[at++] = 1;
  const questionEnd = at;
  packet.fill(0, at, at + 11);
  packet[at + 2] = 41;
  packet[at + 3] = payload >> 8;
  packet[at + 4] = payload & 0xff;
  return { id, packet: packet.subarray(0, at + 11), questionEnd };
}

/** Writes a name without escapes from byte 12 on; each dot becomes the length of the label after it. */
function writeName(packet: Buffer, name: string): number {
  let length = 12;
  for (let at = 0; at < name.length; at++) {
    const byte = name.charCodeAt(at);
    if (byte === 0x2e) {
      packet[length] = 12 + at - length;
      length = 13 + at;
    } else {
      packet[13 + at] = byte;
    }
  }
  packet[length] = 12 + name.length - length;
  return 13 + name.length;
}

function writeLabels(packet: Buffer, name: string): number {
  let at = 12;
  for (const label of nameLabels(name === '' ? '.' : name) ?? []) {
    packet[at++] = label.length;
    for (const byte of label) packet[at++] = byte;
  }
  return at;
}

/** Length bytes are below 64, so that no letter is mistaken for one. */
function mixCase(packet: Buffer, end: number): void {
  let bits = 0;
  let left = 0;
  for (let at = 13; at < end; at++) {
    const byte = packet[at]!;
    if (byte < 0x61 || byte > 0x7a) continue;
    if (left === 0) {
      bits = randomWord();
      left = 32;
    }
    if (bits & 1) packet[at] = byte - 0x20;
    bits >>>= 1;
    left--;
  }
}
