import { computedList } from '../knowledge/computed-list.ts';
import { defineRule, type Rule } from '../rule.ts';

export const redundantPermit: Rule = defineRule({
  id: 'redundant-permit',
  level: 'note',
  versions: 'all',
  source: 'postconf(5) smtpd_recipient_restrictions',
  title: 'A list ends with a permit that it has anyway',
  why: 'The end of a list permits. A written permit only makes what somebody adds below it be ignored.',
  byHand: computedList,
  *check(subject) {
    for (const list of subject.lists) {
      const last = list.items.at(-1);
      // In a class it means something: the list that called the class goes on without it.
      if (list.isClass || last?.name !== 'permit' || list.items.length < 2) continue;
      yield {
        at: last.at,
        message: `${list.name} ends with permit`,
        fix: list.edit((draft) => draft.remove(last)),
      };
    }
  },
});
