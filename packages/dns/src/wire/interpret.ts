import type { FailureReason, RecordData, RecordType } from '../resolver.ts';
import { typeCodes, type Message, type Question, type Reply } from './message.ts';

/** How many CNAMEs may follow each other before it counts as a loop; what BIND allows. */
export const longestChain = 16;

const failures: Readonly<Record<number, FailureReason>> = {
  1: 'formerr',
  2: 'servfail',
  4: 'notimp',
  5: 'refused',
};
const nxdomain = 3;

/**
 * What a message says about a question. Records whose owner is neither the name asked for nor reached from it by the
 * message's own CNAMEs do not count.
 */
export function interpret(message: Message, question: Question): Reply {
  const { rcode, answers, negativeTtl, referral, authenticated } = message;
  if (rcode !== 0 && rcode !== nxdomain) {
    const reason = failures[rcode];
    return reason
      ? { status: 'failed', reason }
      : { status: 'failed', reason: 'servfail', detail: `response code ${rcode}` };
  }
  const wanted = typeCodes[question.type];
  let name = question.name;
  let ttl = Infinity;
  for (let hops = 0; ; hops++) {
    const records: RecordData[RecordType][] = [];
    let alias: string | undefined;
    let setTtl = Infinity;
    for (const record of answers) {
      if (record.owner !== name) continue;
      if (record.type === wanted) records.push(record.data as RecordData[RecordType]);
      else alias ??= record.data as string;
      setTtl = Math.min(setTtl, record.ttl);
    }
    ttl = Math.min(ttl, setTtl);
    if (records.length > 0) {
      if (rcode === nxdomain)
        return { status: 'failed', reason: 'malformed', detail: 'a name with records that does not exist' };
      return authenticated
        ? { status: 'found', records, ttl, authenticated }
        : { status: 'found', records, ttl };
    }
    if (alias === undefined) break;
    if (hops === longestChain)
      return { status: 'failed', reason: 'cname-loop', detail: `more than ${longestChain} CNAMEs in a row` };
    name = alias;
  }
  const proven = authenticated ? { authenticated } : undefined;
  if (rcode === nxdomain) return { status: 'nxdomain', ttl: Math.min(ttl, negativeTtl ?? 0), ...proven };
  if (negativeTtl !== undefined) return { status: 'nodata', ttl: Math.min(ttl, negativeTtl), ...proven };
  if (name !== question.name) return { status: 'alias', target: name, ttl, ...proven };
  if (referral)
    return {
      status: 'failed',
      reason: 'lame',
      detail: 'it refers to other servers; ask one that does recursion',
    };
  return { status: 'nodata', ttl: 0 };
}
