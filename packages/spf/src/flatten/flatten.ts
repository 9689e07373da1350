import { isEmpty, type AddressSet } from '../address/range-set.ts';
import { mechanismAddresses } from '../authorise/policy.ts';
import { findRecord, type PolicyOptions } from '../authorise/record-lookup.ts';
import { fixedTarget, hasHostBits } from '../authorise/term-addresses.ts';
import { isSpf, parseSpf, type SpfRecord } from '../syntax/record.ts';
import type { Mechanism, Modifier, Qualifier } from '../syntax/term.ts';
import { layOut, type LaidOutRecord, type Piece } from './layout.ts';

export interface FlattenOptions extends PolicyOptions {
  /** The record to flatten; without it the one that the domain publishes. */
  readonly record?: string;
  /** The longest record, in bytes. Default 450, so that the answer fits into 512 with its headers. */
  readonly maxSize?: number;
  /** How the names of overflow records begin. Default `_spf`; alternate it to replace all of them at once. */
  readonly prefix?: string;
}

export type FlattenNoteCode =
  /** The record cannot be found or read; nothing is flattened. */
  | 'no-record'
  /** A term is kept as it is, because no list of addresses can stand for it. */
  | 'kept'
  /** A term is left out, because nobody matches it. */
  | 'empty'
  /** Bits beyond the prefix were set; they are cleared. */
  | 'host-bits'
  /** A term after `all`, or a redirect beside it, is left out: it never had a say. */
  | 'never-reached'
  /** An exp that a followed redirect put out of force is left out. */
  | 'exp-dropped'
  /** The result still needs more than ten lookups. */
  | 'too-many-lookups'
  /** A record is longer than `maxSize`, because one of its terms is. */
  | 'too-large';

export interface FlattenNote {
  readonly code: FlattenNoteCode;
  /** The term it is about; empty for the whole. */
  readonly term: string;
  readonly message: string;
}

/** What to publish in place of a record. */
export interface FlattenedSpf {
  /** The domain's own record first, then those it includes. Empty where there was nothing to flatten. */
  readonly records: readonly LaidOutRecord[];
  /** DNS lookups a check needs at most, as far as the records here show. */
  readonly lookups: number;
  /** How long the addresses hold, in seconds: flatten again before that. Null where none came from DNS. */
  readonly ttl: number | null;
  /** What was given up, left out or changed. */
  readonly notes: readonly FlattenNote[];
}

/**
 * Writes the addresses behind a record's names into the record. Terms that depend on the client (macros,
 * `exists`, `ptr`) and terms DNS gives no answer for are kept; networks are merged in both families; a
 * redirect is replaced by the record it leads to, with that record's `all`.
 */
export async function flattenSpf(domain: string, options: FlattenOptions): Promise<FlattenedSpf> {
  const { maxSize = 450, prefix = '_spf' } = options;
  const flattening = new Flattening(options);
  const text = options.record ?? (await flattening.publishedRecord(domain));
  const record = text === undefined ? undefined : parseSpf(text);
  if (!record || record.problems.length > 0) {
    if (record) flattening.note('no-record', '', `the record is invalid: ${record.problems[0]!.message}`);
    return { records: [], lookups: 0, ttl: null, notes: flattening.notes };
  }
  await flattening.read(record, domain, true);
  const { records, lookups, tooLarge } = layOut(domain, flattening.pieces, { maxSize, prefix });
  for (const name of tooLarge)
    flattening.note('too-large', '', `the record of ${name} is longer than ${maxSize} bytes`);
  if (lookups > 10) {
    flattening.note(
      'too-many-lookups',
      '',
      `a check needs ${lookups} lookups and may make ten: remove terms or raise maxSize`,
    );
  }
  const { ttl, notes } = flattening;
  return { records, lookups, ttl: ttl === Infinity ? null : ttl, notes };
}

class Flattening {
  readonly pieces: Piece[] = [];
  readonly notes: FlattenNote[] = [];
  ttl = Infinity;
  readonly #options: FlattenOptions;

  constructor(options: FlattenOptions) {
    this.#options = options;
  }

  note(code: FlattenNoteCode, term: string, message: string): void {
    this.notes.push({ code, term, message });
  }

  async publishedRecord(domain: string): Promise<string | undefined> {
    const found = await findRecord(domain, this.#options);
    if (found.status === 'found') return found.text;
    const why = {
      none: `${domain} publishes no SPF record`,
      multiple: `${domain} publishes more than one SPF record`,
      failed: `DNS gave no answer for ${domain} TXT`,
    };
    this.note('no-record', '', why[found.status]);
    return undefined;
  }

  /** Reads a record into pieces, and after it the record it redirects to. */
  async read(record: SpfRecord, domain: string, isOwn: boolean, path: readonly string[] = []): Promise<void> {
    const modifiers = record.terms.filter((term) => term.type === 'modifier');
    const redirect = modifiers.find(({ name }) => name === 'redirect');
    const all = record.terms.find((term) => term.type === 'mechanism' && term.name === 'all');
    for (const term of record.terms) {
      if (term.type !== 'mechanism') continue;
      if (all && term.range.start > all.range.start) {
        this.note('never-reached', term.text, `"${term.text}" stands after "${all.text}"`);
      } else if (term.name !== 'all') {
        await this.#mechanism(term, domain);
      }
    }
    if (all?.type === 'mechanism') this.pieces.push({ type: 'end', text: all.text });
    if (redirect && all) {
      this.note('never-reached', redirect.text, `"${redirect.text}" means nothing beside "${all.text}"`);
    }
    const followed = redirect && !all && (await this.#redirect(redirect, record, domain, [...path, domain]));
    if (redirect && !all && !followed) {
      const bound = usesDomain(redirect.value.parts);
      this.pieces.push({ type: 'end', text: redirect.text, lookups: 1, bound });
    }
    for (const modifier of modifiers) {
      if (modifier === redirect) continue;
      if (isOwn && !(followed && modifier.name === 'exp'))
        this.pieces.push({ type: 'modifier', text: modifier.text });
      else if (modifier.name === 'exp' && isOwn) {
        this.note(
          'exp-dropped',
          modifier.text,
          'the explanation of a record that redirects is never used for what follows',
        );
      }
    }
  }

  async #mechanism(term: Exclude<Mechanism, { name: 'all' }>, domain: string): Promise<void> {
    if ((term.name === 'ip4' || term.name === 'ip6') && hasHostBits(term)) {
      this.note('host-bits', term.text, `"${term.text}" has bits set beyond its prefix`);
    }
    const found = await mechanismAddresses(term, domain, this.#options);
    const obstacle = found.status === 'unknown' ? found.because : inside(found.unknown);
    if (found.status === 'unknown' || obstacle !== undefined) {
      this.note('kept', term.text, `"${term.text}" is kept: ${obstacle}`);
      this.pieces.push({
        type: 'kept',
        qualifier: term.qualifier,
        text: term.text,
        lookups: lookupsOf(term),
        bound: readsOwnDomain(term),
      });
      return;
    }
    this.ttl = Math.min(this.ttl, found.ttl);
    if (isEmpty(found.addresses))
      this.note('empty', term.text, `"${term.text}" is left out: it leads to no address`);
    else this.#addAddresses(term.qualifier, found.addresses);
  }

  #addAddresses(qualifier: Qualifier, addresses: AddressSet): void {
    this.pieces.push({ type: 'addresses', qualifier, addresses });
  }

  /** Takes the other record's terms over; false where that would change what they mean. */
  async #redirect(
    redirect: Modifier,
    own: SpfRecord,
    domain: string,
    path: readonly string[],
  ): Promise<boolean> {
    const keep = (because: string): false => {
      this.note('kept', redirect.text, `"${redirect.text}" is kept: ${because}`);
      return false;
    };
    const target = fixedTarget(redirect.value, domain);
    if (target === null) return keep('its macros depend on the client');
    if (target === undefined) return keep('it leads to no domain name');
    if (path.includes(target)) return keep(`it leads back to ${target}`);
    const found = await findRecord(target, this.#options);
    if (found.status !== 'found' || !isSpf(found.text))
      return keep(`${target} has no single SPF record to be read`);
    const record = parseSpf(found.text);
    if (record.problems.length > 0) return keep(`the record of ${target} is invalid`);
    if (hasTerm(record, 'exp')) return keep(`${target} explains its fails itself`);
    if (
      hasTerm(own, 'exp') &&
      own.terms.some((term) => term.type === 'mechanism' && term.qualifier === '-')
    ) {
      return keep('the explanation holds for the terms before it and must not hold for those after it');
    }
    const other = new Flattening(this.#options);
    await other.read(record, target, false, path);
    const bound = other.pieces.find((piece) => 'bound' in piece && piece.bound);
    if (bound)
      return keep(
        `"${'text' in bound ? bound.text : ''}" of ${target} means something else in another record`,
      );
    this.pieces.push(...other.pieces);
    this.notes.push(...other.notes);
    this.ttl = Math.min(this.ttl, found.ttl, other.ttl);
    return true;
  }
}

function hasTerm(record: SpfRecord, name: string): boolean {
  return record.terms.some((term) => term.type === 'modifier' && term.name === name);
}

/** Whether a term means the domain whose record it stands in: bare hosts, `%{d}`, and `%{p}`, which prefers it. */
function readsOwnDomain(term: Mechanism): boolean {
  if (!('domain' in term) || !term.domain)
    return term.name === 'a' || term.name === 'mx' || term.name === 'ptr';
  return usesDomain(term.domain.parts);
}

function usesDomain(parts: Modifier['value']['parts']): boolean {
  return parts.some((part) => part.type === 'expand' && (part.letter === 'd' || part.letter === 'p'));
}

function inside(
  unknown: readonly { domain: string; term: string; because: string }[] = [],
): string | undefined {
  const [first] = unknown;
  return first && `"${first.term}" of ${first.domain} cannot be listed: ${first.because}`;
}

function lookupsOf(term: Exclude<Mechanism, { name: 'all' }>): number {
  if ('address' in term) return 0;
  const parts = term.domain?.parts ?? [];
  return 1 + (parts.some((part) => part.type === 'expand' && part.letter === 'p') ? 1 : 0);
}
