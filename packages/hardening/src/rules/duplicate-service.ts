import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';
import { commentedOut } from '../subject/commented-out.ts';

export const duplicateService: Rule = problemRule({
  id: 'duplicate-service',
  level: 'warning',
  versions: 'all',
  source: 'master(5); master_ent.c of the source',
  title: 'A service stands in master.cf more than once',
  why: 'Only the last one counts; who edits the first changes nothing.',
  byHand: {
    because: 'What stands twice is not a service that could be told from the other by its text.',
    steps: 'Leave the line in master.cf that is meant and take out the others.',
  },
  codes: ['duplicate-service'],
  fix({ entry }, { master }) {
    if (entry?.type !== 'service') return undefined;
    const isEarlier = (each: (typeof master.entries)[number]): boolean =>
      each !== entry &&
      each.type === 'service' &&
      each.name === entry.name &&
      each.serviceType === entry.serviceType &&
      master.entries.indexOf(each) < master.entries.indexOf(entry);
    const content = master.entries
      .map((each) => (isEarlier(each) ? commentedOut(each.text) : each.text))
      .join('');
    return [{ type: 'put-file', path: 'master.cf', content }];
  },
});
