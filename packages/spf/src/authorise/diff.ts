import { intersect, subtract } from '../address/range-set.ts';
import { networkTexts, readPolicy, type Policy, type UnknownTerm } from './policy.ts';
import { findRecord, type PolicyOptions } from './record-lookup.ts';
import { isSpf, parseSpf } from '../syntax/record.ts';

export interface DiffOptions extends PolicyOptions {
  /** The domain that both records are for: what `a`, `mx` and `%{d}` without a name mean. */
  readonly domain: string;
}

/** What changes for whom when one record takes the place of another. */
export interface SpfDiff {
  /** Networks that pass with the new record and did not with the old one. */
  readonly added: readonly string[];
  /** Networks that passed with the old record and no longer do. */
  readonly removed: readonly string[];
  /** Networks that pass with both. */
  readonly kept: readonly string[];
  /** Terms whose addresses cannot be listed, so that the diff says nothing about them. */
  readonly unknown: { readonly before: readonly UnknownTerm[]; readonly after: readonly UnknownTerm[] };
  /** Whether both let exactly the same addresses pass, with no term unknown. */
  readonly same: boolean;
}

/**
 * Compares two records by the addresses they let pass, however they are written.
 *
 * @param before  a record's text, or a domain whose record is looked up
 * @param after   the same
 */
export async function diffSpf(before: string, after: string, options: DiffOptions): Promise<SpfDiff> {
  const [left, right] = await Promise.all([policyOf(before, options), policyOf(after, options)]);
  const [old, now] = [left.byQualifier['+'], right.byQualifier['+']];
  const added = networkTexts(subtract(now, old));
  const removed = networkTexts(subtract(old, now));
  return {
    added,
    removed,
    kept: networkTexts(intersect(old, now)),
    unknown: { before: left.unknown, after: right.unknown },
    same: added.length + removed.length + left.unknown.length + right.unknown.length === 0,
  };
}

async function policyOf(subject: string, options: DiffOptions): Promise<Policy> {
  if (isSpf(subject)) return readPolicy(parseSpf(subject), options.domain, options);
  const found = await findRecord(subject, options);
  const empty = parseSpf('v=spf1');
  if (found.status === 'found') return readPolicy(parseSpf(found.text), subject, options);
  const nothing = await readPolicy(empty, subject, options);
  const because =
    found.status === 'failed'
      ? `DNS failed: ${found.reason}`
      : `the domain has ${found.status === 'none' ? 'no' : 'more than one'} SPF record`;
  return { ...nothing, unknown: [{ domain: subject, term: '', because }] };
}
