import type { Answer } from './resolver.ts';

/** Failures that are the caller's doing, the same from every resolver. */

export const aborted: Answer<never> = { status: 'failed', reason: 'aborted' };

/** @param written  the name as the caller wrote it */
export function badName(written: string): Answer<never> {
  return { status: 'failed', reason: 'bad-name', detail: `${written} is no domain name` };
}
