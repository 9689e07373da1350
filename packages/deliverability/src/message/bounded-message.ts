import { DeliverabilityError } from '../error.ts';

/** A message with its header fields: whole, or in pieces as it is read. */
export type MessageSource = string | Uint8Array | AsyncIterable<Uint8Array | string>;

export interface MessageBounds {
  /** A longer message is not read (150 MiB, what the largest receivers take). */
  readonly maxBytes?: number;
  /** Longer header sections are not read (1 MiB): they are kept in memory. */
  readonly maxHeaderBytes?: number;
  /** A message with more signatures is not read (20): each costs a look at DNS and a pass over the body. */
  readonly maxSignatures?: number;
}

const piece = 65_536;

/** Lines of a header section: joining folded ones takes the square of their number. */
const maxHeaderLines = 20_000;

/** Blanks and line ends in a row in a header section: trimming takes the square of their number. */
const maxBlanks = 1000;

/** Bytes of a line of the body (RFC 5322 allows 998): canonicalising takes more than its share of a longer one. */
const maxLineBytes = 2 ** 20;

/**
 * A message in pieces, within its bounds.
 *
 * @yields the next piece
 * @throws DeliverabilityError too-large
 */
export async function* boundedMessage(
  source: MessageSource,
  { maxBytes = 150 * 2 ** 20, maxHeaderBytes = 2 ** 20, maxSignatures = 20 }: MessageBounds = {},
): AsyncGenerator<Buffer> {
  let size = 0;
  /** The header section so far, a character for each byte; undefined once it has ended. */
  let header: string | undefined = '';
  /** Bytes since the last line end. */
  let line = 0;
  for await (const chunk of piecesOf(source)) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(`it is longer than ${maxBytes} bytes`);
    const firstEnd = chunk.indexOf('\n');
    if (line + (firstEnd === -1 ? chunk.length : firstEnd) > maxLineBytes)
      throw tooLarge(`a line of it is longer than ${maxLineBytes} bytes`);
    line = firstEnd === -1 ? line + chunk.length : chunk.length - 1 - chunk.lastIndexOf('\n');
    if (header !== undefined) {
      const searched = Math.max(header.length - 3, 0);
      header += chunk.toString('latin1');
      const end = endOfHeader(header, searched);
      if ((end ?? header.length) > maxHeaderBytes)
        throw tooLarge(`its header section is longer than ${maxHeaderBytes} bytes`);
      if (end !== undefined) {
        checkHeader(header.slice(0, end), maxSignatures);
        header = undefined;
      }
    }
    yield chunk;
  }
  if (header !== undefined) checkHeader(header, maxSignatures);
}

function tooLarge(why: string): DeliverabilityError {
  return new DeliverabilityError('too-large', `the message is not read: ${why}`);
}

/** Where the empty line after the header fields ends; a message may begin with it. */
function endOfHeader(text: string, from: number): number | undefined {
  const emptyLine = /(?:^|\n)\r?\n/g;
  emptyLine.lastIndex = from;
  return emptyLine.exec(text) ? emptyLine.lastIndex : undefined;
}

/** @throws DeliverabilityError too-large */
function checkHeader(header: string, maxSignatures: number): void {
  const signatures = header.match(/^dkim-signature[ \t]*:/gim)?.length ?? 0;
  if (signatures > maxSignatures)
    throw tooLarge(`it has ${signatures} signatures, more than ${maxSignatures}`);
  const lines = header.split('\n').length - 1;
  if (lines > maxHeaderLines)
    throw tooLarge(`its header section has ${lines} lines, more than ${maxHeaderLines}`);
  for (const [blanks] of header.matchAll(/[ \t\r\n]+/g)) {
    if (blanks.length > maxBlanks)
      throw tooLarge(`its header section has ${blanks.length} blanks in a row, more than ${maxBlanks}`);
  }
}

async function* piecesOf(source: MessageSource): AsyncGenerator<Buffer> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    for await (const chunk of source) yield* cut(bytesOf(chunk));
    return;
  }
  yield* cut(bytesOf(source));
}

function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
}

function bytesOf(data: string | Uint8Array): Buffer {
  return typeof data === 'string'
    ? Buffer.from(data, 'utf8')
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
