import type { Check, Topic } from './check.ts';

/** A check that DNS gave no answer for. */
export function unanswered(id: string, topic: Topic, what: string, why: string, source: string): Check {
  return {
    id,
    topic,
    status: 'unknown',
    message: `${what} is not known: ${why}.`,
    evidence: [],
    advice: 'Ask again, or ask another resolver.',
    source,
  };
}
