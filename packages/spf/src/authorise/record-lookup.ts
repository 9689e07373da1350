import type { Answer, RecordType, Resolver } from '@postern/dns';
import { isSpf } from '../syntax/record.ts';

/** What the functions that read whole policies ask DNS with. */
export interface PolicyOptions {
  readonly resolver: Resolver;
  readonly signal?: AbortSignal;
}

/** A domain's SPF record as DNS has it. */
export type FoundRecord =
  | {
      readonly status: 'found';
      readonly text: string;
      readonly strings: readonly string[];
      readonly ttl: number;
    }
  /** `others`: TXT records that look as if they wanted to be SPF records. */
  | { readonly status: 'none'; readonly others: readonly string[] }
  | { readonly status: 'multiple'; readonly texts: readonly string[] }
  | { readonly status: 'failed'; readonly reason: string };

/** Asks and keeps to the contract of a resolver even where the resolver does not. */
export async function lookUp<T extends RecordType>(
  name: string,
  type: T,
  { resolver, signal }: PolicyOptions,
): Promise<Answer<T>> {
  try {
    return await resolver.resolve(name, type, signal ? { signal } : {});
  } catch (error) {
    return {
      status: 'failed',
      reason: 'network',
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Finds the one SPF record of a domain (RFC 7208 section 4.5). */
export async function findRecord(domain: string, options: PolicyOptions): Promise<FoundRecord> {
  const answer = await lookUp(domain, 'TXT', options);
  if (answer.status === 'failed') return { status: 'failed', reason: answer.reason };
  if (answer.status !== 'found') return { status: 'none', others: [] };
  const records = answer.records.map((strings) => ({ strings, text: strings.join('') }));
  const found = records.filter(({ text }) => isSpf(text));
  if (found.length > 1) return { status: 'multiple', texts: found.map(({ text }) => text) };
  const [only] = found;
  if (only) return { status: 'found', ...only, ttl: answer.ttl };
  const others = records.map(({ text }) => text).filter((text) => /^\W*(?:v\s*=\s*)?spf/i.test(text));
  return { status: 'none', others };
}
