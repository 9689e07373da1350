import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const sizeLimitsContradict: Rule = problemRule({
  id: 'size-limits-contradict',
  level: 'error',
  versions: 'all',
  source: 'postconf(5) mailbox_size_limit, virtual_mailbox_limit; local(8), virtual(8)',
  title: 'A mailbox may not hold what a message may be',
  why: 'local(8) and virtual(8) do not start when their limit is below message_size_limit: mail waits in the queue.',
  byHand: {
    because: 'The message of the validator names no limit that could be raised.',
    steps:
      'Set message_size_limit, mailbox_size_limit and virtual_mailbox_limit so that a mailbox may hold a message.',
  },
  codes: ['size-limits-contradict'],
  fix({ message }, { main }) {
    const name = /(\w*mailbox\w*_limit)/.exec(message)?.[1];
    if (name === undefined) return undefined;
    return [main.setting(name).set(main.setting('message_size_limit').value)];
  },
});
