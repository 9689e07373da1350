import { computedList } from '../knowledge/computed-list.ts';
import { defineRule, type Rule } from '../rule.ts';

export const pipeliningCheckMisplaced: Rule = defineRule({
  id: 'pipelining-check-misplaced',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) reject_unauth_pipelining',
  title: 'reject_unauth_pipelining stands where it does nothing',
  why: 'With ESMTP, clients may pipeline MAIL and RCPT; only at DATA does the check say something.',
  byHand: computedList,
  *check(subject) {
    for (const { list, item } of subject.restrictions('reject_unauth_pipelining')) {
      if (list.isClass || /^smtpd_(data|end_of_data)_restrictions$/.test(list.name)) continue;
      const data = subject.main.list('smtpd_data_restrictions');
      const removal = list.edit((draft) => draft.remove(item));
      const addition = data.has('reject_unauth_pipelining')
        ? []
        : data.edit((draft) => draft.prepend('reject_unauth_pipelining'));
      yield {
        at: item.at,
        message: `${list.name} is too early for reject_unauth_pipelining`,
        fix: removal && addition && [...removal, ...addition],
      };
    }
  },
});
