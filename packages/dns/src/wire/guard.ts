import type { Query } from './message.ts';

/** A UDP answer longer than this was never asked for: EDNS offered far less. */
export const longestDatagram = 4096;

/** What gives a message away as no answer to the query. `case`: only the case of the question's letters differs. */
export type Refusal = 'size' | 'id' | 'query' | 'opcode' | 'question' | 'case';

/**
 * Holds a message against the query it should answer, on its bytes alone and before anything is parsed, so that
 * what is forged or broken costs next to nothing.
 */
export function refusal(
  bytes: Uint8Array,
  { packet, id, questionEnd }: Query,
  longest: number,
): Refusal | undefined {
  if (bytes.length < questionEnd || bytes.length > longest) return 'size';
  if (bytes[0] !== id >> 8 || bytes[1] !== (id & 0xff)) return 'id';
  if ((bytes[2]! & 0x80) === 0) return 'query';
  if ((bytes[2]! & 0x78) !== 0) return 'opcode';
  if (bytes[4] !== 0 || bytes[5] !== 1) return 'question';
  let sameCase = true;
  for (let at = 12; at < questionEnd; at++) {
    const [theirs, ours] = [bytes[at]!, packet[at]!];
    if (theirs === ours) continue;
    if (!isLetterPair(theirs, ours)) return 'question';
    sameCase = false;
  }
  return sameCase ? undefined : 'case';
}

function isLetterPair(one: number, other: number): boolean {
  const lower = one | 0x20;
  return lower === (other | 0x20) && lower >= 0x61 && lower <= 0x7a;
}
