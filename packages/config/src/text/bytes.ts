/**
 * Text from the bytes of a file, so that `encodeText` gives the very bytes back: UTF-8 where it is valid,
 * and each byte that is not becomes a lone surrogate U+DC80 to U+DCFF (as Python's surrogateescape does).
 * A byte order mark stays, as U+FEFF. Postfix itself does not decode: to it a name or value is bytes.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeMixed(bytes);
  }
}

/**
 * The bytes of a text; the way back from `decodeText`. A lone surrogate that no byte became
 * (one outside U+DC80 to U+DCFF) is written as the three bytes that would encode it, which decode to three
 * escaped bytes, not to it.
 */
export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  // Most three bytes for one UTF-16 unit.
  const bytes = new Uint8Array(text.length * 3);
  const encoder = new TextEncoder();
  let length = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isLoneSurrogate(text, at)) continue;
    length += encoder.encodeInto(text.slice(from, at), bytes.subarray(length)).written;
    const code = text.charCodeAt(at);
    if (code >= 0xdc80 && code <= 0xdcff) {
      bytes[length++] = code - 0xdc00;
    } else {
      bytes[length++] = 0xe0 | (code >> 12);
      bytes[length++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[length++] = 0x80 | (code & 0x3f);
    }
    from = at + 1;
  }
  length += encoder.encodeInto(text.slice(from), bytes.subarray(length)).written;
  return bytes.slice(0, length);
}

function isLoneSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0xd800 || code > 0xdfff) return false;
  if (code < 0xdc00) return !isLow(text.charCodeAt(at + 1));
  const before = text.charCodeAt(at - 1);
  return !(before >= 0xd800 && before < 0xdc00);
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Decodes stretch by stretch: valid UTF-8 at once, each other byte for itself. */
function decodeMixed(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    if (at > from) pieces.push(decoder.decode(bytes.subarray(from, at)));
    pieces.push(String.fromCharCode(0xdc00 + bytes[at]!));
    from = ++at;
  }
  pieces.push(decoder.decode(bytes.subarray(from)));
  return pieces.join('');
}

/**
 * How many bytes the UTF-8 sequence at this place has, or 0 when there is none.
 *
 * @see RFC 3629 section 4
 */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const second = bytes[at + 1] ?? 0;
  if (first >= 0xc2 && first <= 0xdf) return isTail(second) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const low = first === 0xe0 ? 0xa0 : 0x80;
    const high = first === 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && isTail(bytes[at + 2]) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const low = first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && isTail(bytes[at + 2]) && isTail(bytes[at + 3]) ? 4 : 0;
  }
  return 0;
}

function isTail(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte <= 0xbf;
}
