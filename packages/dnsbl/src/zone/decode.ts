import { matchReplyFilter, parseReplyFilter, readOctets, type ReplyFilter } from '../filter/reply-filter.ts';
import type { CodeMeaning, Effect, ErrorReason } from '../registry/dns-list.ts';
import type { Zone } from './zone.ts';

/** What the A records of an answer come to. */
export type Decoded = DecodedListing | DecodedError;

export interface DecodedListing {
  readonly status: 'listed' | 'allowed' | 'clean';
  /** The records, in numeric order. */
  readonly codes: readonly string[];
  /** What they mean, `; ` between several. */
  readonly meaning: string;
  /** What it adds to the score: the weights of the filters that match one of the records, as postscreen adds them. */
  readonly weight: number;
}

export interface DecodedError {
  readonly status: 'error';
  readonly codes: readonly string[];
  readonly meaning: string;
  readonly reason: ErrorReason;
}

/** Answers that mean the same on every list, unless the list says otherwise. */
const commonErrors: Readonly<Record<string, CodeMeaning>> = {
  '127.255.255.252': { meaning: 'the name of the zone is misspelt', effect: 'error', reason: 'typo' },
  '127.255.255.254': {
    meaning: 'asked through a public or open resolver',
    effect: 'error',
    reason: 'open-resolver',
  },
  '127.255.255.255': { meaning: 'too many queries from this resolver', effect: 'error', reason: 'volume' },
};

/** How many different answers of one zone are kept decoded. */
const mostKept = 4096;

/**
 * Makes the function that reads a zone's answers. An answer with any error in it is an error as a whole, adds nothing
 * to the score, and is neither a listing nor clean.
 */
export function makeDecoder(zone: Zone): (records: readonly string[]) => Decoded {
  const codes = Object.entries(zone.codes ?? {}).flatMap(([pattern, meaning]) => {
    const { filter } = parseReplyFilter(pattern);
    return filter ? [{ filter, ...full(zone, meaning) }] : [];
  });
  const bits = Object.entries(zone.bits?.bits ?? {}).map(([bit, meaning]) => ({
    bit: Number(bit),
    ...full(zone, meaning),
  }));
  const kept = new Map<string, Decoded>();

  return (records) => {
    const key = records.length === 1 ? records[0]! : records.join(' ');
    let decoded = kept.get(key);
    if (decoded === undefined) {
      decoded = decode(zone, codes, bits, records);
      if (kept.size >= mostKept) kept.clear();
      kept.set(key, decoded);
    }
    return decoded;
  };
}

type CodeRow = CodeMeaning & { readonly filter: ReplyFilter };
type BitRow = CodeMeaning & { readonly bit: number };

function decode(
  zone: Zone,
  codes: readonly CodeRow[],
  bits: readonly BitRow[],
  records: readonly string[],
): Decoded {
  const sorted = records.toSorted((a, b) => (readOctets(a) ?? 0) - (readOctets(b) ?? 0));
  const rows = sorted.flatMap((record) => meaningsOf(zone, codes, bits, record));
  const meaning = [...new Set(rows.map((row) => row.meaning).filter((text) => text !== ''))].join('; ');
  const error = rows.find(({ effect }) => effect === 'error');
  if (error) {
    return {
      status: 'error',
      codes: sorted,
      meaning: error.meaning,
      reason: error.reason ?? 'blocked',
    };
  }
  const matched = zone.scores.filter(
    ({ filter }) => filter === undefined || sorted.some((record) => matchReplyFilter(filter, record)),
  );
  const weight = matched.reduce((sum, score) => sum + score.weight, 0);
  return { status: statusOf(zone, rows, matched), codes: sorted, meaning, weight };
}

/** The caller's filters, where there are any, say what is a listing; otherwise the meanings of the codes do. */
function statusOf(
  zone: Zone,
  rows: readonly CodeMeaning[],
  matched: Zone['scores'],
): DecodedListing['status'] {
  if (zone.filtered) {
    if (matched.length === 0) return 'clean';
    if (zone.kind !== 'mixed') return zone.kind === 'allow' ? 'allowed' : 'listed';
    return matched.some(({ weight }) => weight > 0) ? 'listed' : 'allowed';
  }
  const has = (effect: Effect): boolean => rows.some((row) => row.effect === effect);
  if (has('block')) return 'listed';
  return has('allow') ? 'allowed' : 'clean';
}

function meaningsOf(
  zone: Zone,
  codes: readonly CodeRow[],
  bits: readonly BitRow[],
  record: string,
): CodeMeaning[] {
  const value = readOctets(record);
  if (value === undefined || value >>> 24 !== 127) {
    const meaning = `answered ${record}, which is not in 127.0.0.0/8: the domain is parked or the resolver lies`;
    return [{ meaning, effect: 'error', reason: 'parked' }];
  }
  const code = codes.find(({ filter }) => matchReplyFilter(filter, record));
  if (code) return [code];
  const set = bits.filter(({ bit }) => (value & bit) !== 0);
  if (
    value >>> 8 === 0x7f0000 &&
    set.length > 0 &&
    set.reduce((sum, { bit }) => sum + bit, 0) === (value & 255)
  )
    return set;
  const common = commonErrors[record];
  if (common) return [common];
  if (value >>> 8 === 0x7fffff) {
    return [{ meaning: `answered the error code ${record}`, effect: 'error', reason: 'blocked' }];
  }
  if (codes.length > 0 || bits.length > 0)
    return [outOfRange(`answered ${record}, which is none of its codes`)];
  // Some lists do mean it; who filters for it knows.
  if (value === 0x7f000001 && !zone.filtered)
    return [outOfRange('answered 127.0.0.1, which is never a listing')];
  return [{ meaning: '', effect: defaultEffect(zone) }];
}

function outOfRange(meaning: string): CodeMeaning {
  return { meaning, effect: 'error', reason: 'out-of-range' };
}

function full(zone: Zone, meaning: string | CodeMeaning): CodeMeaning {
  return typeof meaning === 'string' ? { meaning, effect: defaultEffect(zone) } : meaning;
}

function defaultEffect(zone: Zone): Effect {
  return zone.kind === 'allow' ? 'allow' : 'block';
}
