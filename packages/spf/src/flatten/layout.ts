import { toNetworks, union, type AddressSet } from '../address/range-set.ts';
import type { Qualifier } from '../syntax/term.ts';
import { zoneStrings } from '../zone/zone-text.ts';

/** A part of the record to be, in the order in which it decides. */
export type Piece =
  | { readonly type: 'addresses'; readonly qualifier: Qualifier; readonly addresses: AddressSet }
  | {
      readonly type: 'kept';
      readonly qualifier: Qualifier;
      readonly text: string;
      readonly lookups: number;
      /** Whether it would mean something else in another domain's record. */
      readonly bound: boolean;
    }
  /** `all`, or a redirect that is kept. */
  | { readonly type: 'end'; readonly text: string; readonly lookups?: number; readonly bound?: boolean }
  | { readonly type: 'modifier'; readonly text: string };

/** One record to publish. */
export interface LaidOutRecord {
  readonly name: string;
  readonly text: string;
  /** The text as character-strings of at most 255 bytes. */
  readonly strings: readonly string[];
}

type Block = { qualifier: Qualifier; addresses: AddressSet } | { text: string; lookups: number };

/**
 * Puts pieces into records: one where they fit, else the addresses move into included records `_spf1`,
 * `_spf2`, … of at most `maxSize` bytes each.
 */
export function layOut(
  domain: string,
  pieces: readonly Piece[],
  { maxSize, prefix }: { maxSize: number; prefix: string },
): { records: LaidOutRecord[]; lookups: number; tooLarge: string[] } {
  const blocks = mergeNeighbours(pieces);
  const texts = blocks.map((block) =>
    'text' in block ? [block.text] : networkTerms(block.qualifier, block.addresses),
  );
  const tail = pieces.flatMap((piece) =>
    piece.type === 'end' || piece.type === 'modifier' ? [piece.text] : [],
  );
  const overflow: LaidOutRecord[] = [];
  const sizeOf = (terms: readonly (readonly string[])[]): number =>
    recordText([...terms.flat(), ...tail]).length;

  // The longest lists move out first: each move costs a lookup in every check.
  const byLength = blocks
    .map((_, index) => index)
    .toSorted((a, b) => texts[b]!.join().length - texts[a]!.join().length);
  for (const index of byLength) {
    if (sizeOf(texts) <= maxSize) break;
    const block = blocks[index]!;
    if ('text' in block) continue;
    const chunks = inChunks(networkTerms('+', block.addresses), maxSize);
    const sign = block.qualifier === '+' ? '' : block.qualifier;
    const records = chunks.map((terms, chunk) => {
      return laidOut(`${prefix}${overflow.length + chunk + 1}.${domain}`, [...terms, '-all']);
    });
    const includes = records.map(({ name }) => `${sign}include:${name}`);
    if (includes.join().length >= texts[index]!.join().length) continue;
    texts[index] = includes;
    overflow.push(...records);
  }

  const records = [laidOut(domain, [...texts.flat(), ...tail]), ...overflow];
  const kept = pieces.reduce((sum, piece) => sum + ('lookups' in piece ? (piece.lookups ?? 0) : 0), 0);
  const tooLarge = records.filter(({ text }) => text.length > maxSize).map(({ name }) => name);
  return { records, lookups: kept + overflow.length, tooLarge };
}

/**
 * Joins the addresses of one qualifier as long as nothing with another qualifier stands between them: what
 * two terms with the same result match is matched in either order.
 */
function mergeNeighbours(pieces: readonly Piece[]): Block[] {
  const blocks: Block[] = [];
  let open: { qualifier: Qualifier; addresses: AddressSet } | undefined;
  let qualifier: Qualifier | undefined;
  for (const piece of pieces) {
    if (piece.type !== 'addresses' && piece.type !== 'kept') continue;
    if (piece.qualifier !== qualifier) open = undefined;
    qualifier = piece.qualifier;
    if (piece.type === 'kept') {
      blocks.push({ text: piece.text, lookups: piece.lookups });
    } else if (open) {
      open.addresses = union(open.addresses, piece.addresses);
    } else {
      open = { qualifier, addresses: piece.addresses };
      blocks.push(open);
    }
  }
  return blocks;
}

function networkTerms(qualifier: Qualifier, addresses: AddressSet): string[] {
  const sign = qualifier === '+' ? '' : qualifier;
  return toNetworks(addresses).map(({ family, text }) => `${sign}ip${family}:${text}`);
}

function inChunks(terms: readonly string[], maxSize: number): string[][] {
  const chunks: string[][] = [];
  let chunk: string[] = [];
  for (const term of terms) {
    if (chunk.length > 0 && recordText([...chunk, term, '-all']).length > maxSize) {
      chunks.push(chunk);
      chunk = [];
    }
    chunk.push(term);
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

function laidOut(name: string, terms: readonly string[]): LaidOutRecord {
  const text = recordText(terms);
  return { name, text, strings: zoneStrings(text) };
}

function recordText(terms: readonly string[]): string {
  return ['v=spf1', ...terms].join(' ');
}
