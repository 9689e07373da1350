import type { Answer, RecordType, ResolveOptions, Resolver } from '../resolver.ts';
import { aborted, badName } from '../failures.ts';
import { canonicalName } from '../name.ts';
import { answerAt, indexZones } from '../zones/lookup.ts';
import { longestChain } from '../wire/interpret.ts';
import type { Zones } from '../zones/zones.ts';

/** A resolver that always answers at once, never with a promise. */
export interface SyncResolver extends Resolver {
  resolve<T extends RecordType>(name: string, type: T, options?: ResolveOptions): Answer<T>;
}

/**
 * A resolver over zones as data, for tests, dry runs and browsers. It answers as a recursive server would:
 * it follows CNAMEs, tells "no such name" from "no such records", honours wildcards, and fails where the
 * zones say so. The zones are read once; later changes to them do not show.
 */
export function fixtureResolver(zones: Zones): SyncResolver {
  const index = indexZones(zones);
  const known = new Map<RecordType, Map<string, Answer>>();

  function answer(name: string, type: RecordType): Answer {
    let ttl = Infinity;
    let at = name;
    for (let hops = 0; hops <= longestChain; hops++) {
      const here = answerAt(index, at, type);
      if (here.status === 'failed') return here;
      ttl = Math.min(ttl, here.ttl);
      if (here.status !== 'alias') return { ...here, ttl };
      at = here.target;
    }
    return {
      status: 'failed',
      reason: 'cname-loop',
      detail: `${name}: more than ${longestChain} CNAMEs in a row`,
    };
  }

  return {
    resolve<T extends RecordType>(written: string, type: T, options?: ResolveOptions): Answer<T> {
      if (options?.signal?.aborted) return aborted;
      let answers = known.get(type);
      const kept = answers?.get(written);
      // The map is filled by type, so what it holds for T is an answer of T.
      if (kept) return kept as Answer<T>;
      const name = canonicalName(written);
      if (name === undefined) return badName(written);
      if (!answers) known.set(type, (answers = new Map()));
      const made = answer(name, type);
      // Only names of the zones are kept, so that what is kept stays as small as the zones.
      if (written === name && index.has(name)) answers.set(name, made);
      return made as Answer<T>;
    },
  };
}
