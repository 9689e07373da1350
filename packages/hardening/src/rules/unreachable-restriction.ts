import { computedList } from '../knowledge/computed-list.ts';
import { defineRule, type Rule } from '../rule.ts';

export const unreachableRestriction: Rule = defineRule({
  id: 'unreachable-restriction',
  level: 'warning',
  versions: 'all',
  source: 'smtpd(8): "restriction ... after ... is ignored"',
  title: 'A restriction is never reached',
  why: 'After an entry that always decides, Postfix ignores the rest of the list and warns for each message.',
  byHand: computedList,
  codes: ['restriction-never-reached'],
  *check(subject) {
    for (const list of subject.lists) {
      const end = list.items.findIndex((item) => /^(permit|reject|defer)$/.test(item.name) && !item.warnOnly);
      if (end < 0) continue;
      const dead = list.items.slice(end + 1);
      for (const item of dead) {
        yield {
          at: item.at,
          message: `${item.text} stands after ${list.items[end]!.name} in ${list.name} and is never reached`,
          fix: list.edit((draft) => {
            for (const each of dead) draft.remove(each);
          }),
        };
      }
    }
  },
});
