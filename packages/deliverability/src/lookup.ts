import type { Answer, RecordData, RecordType, Resolver } from '@postern/dns';
import { quoteEvidence } from './check.ts';

/** What a lookup came to, read for checks: records, none, or not to be known. */
export type Found<T extends RecordType> =
  | {
      readonly status: 'found';
      readonly records: readonly RecordData[T][];
      readonly ttl: number;
      readonly authenticated: boolean;
    }
  | { readonly status: 'none'; readonly exists: boolean; readonly authenticated: boolean }
  | { readonly status: 'unknown'; readonly why: string };

/** Asks for records. Nothing throws; a failure says in words who failed and how. */
export async function lookUp<T extends RecordType>(
  resolver: Resolver,
  name: string,
  type: T,
  signal?: AbortSignal,
): Promise<Found<T>> {
  const answer: Answer<T> = await resolver.resolve(name, type, signal && { signal });
  if (answer.status === 'found') {
    const { records, ttl, authenticated = false } = answer;
    return { status: 'found', records, ttl, authenticated };
  }
  if (answer.status === 'failed') {
    // A name that cannot exist has no records, whoever is asked.
    if (answer.reason === 'bad-name') return { status: 'none', exists: false, authenticated: false };
    const detail = answer.detail === undefined ? '' : ` (${quoteEvidence(answer.detail)})`;
    return { status: 'unknown', why: `looking up ${name} ${type} failed: ${answer.reason}${detail}` };
  }
  return { status: 'none', exists: answer.status === 'nodata', authenticated: answer.authenticated ?? false };
}

/** The texts of a name whose first tag is the version, such as `v=DMARC1` (RFC 9989, 8461 and 8460 all pick them so). */
export async function lookUpRecords(
  resolver: Resolver,
  name: string,
  version: RegExp,
  signal?: AbortSignal,
): Promise<
  | { readonly status: 'found'; readonly texts: readonly string[] }
  | { readonly status: 'none'; readonly others: readonly string[] }
  | { readonly status: 'unknown'; readonly why: string }
> {
  const answer = await lookUp(resolver, name, 'TXT', signal);
  if (answer.status === 'unknown') return answer;
  const all = answer.status === 'none' ? [] : answer.records.map((strings) => strings.join(''));
  const texts = all.filter((text) => version.test(text));
  return texts.length > 0 ? { status: 'found', texts } : { status: 'none', others: all };
}

/** All addresses of a host name: those of both families, or why they are not known. */
export async function addressesOf(
  resolver: Resolver,
  name: string,
  signal?: AbortSignal,
): Promise<{ readonly addresses: readonly string[]; readonly unknown?: string }> {
  const answers = await Promise.all([
    lookUp(resolver, name, 'A', signal),
    lookUp(resolver, name, 'AAAA', signal),
  ]);
  const addresses = answers.flatMap((answer) => (answer.status === 'found' ? answer.records : []));
  const failed = answers.find((answer) => answer.status === 'unknown');
  return failed?.status === 'unknown' ? { addresses, unknown: failed.why } : { addresses };
}
