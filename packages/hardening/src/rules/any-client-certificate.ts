import { computedList } from '../knowledge/computed-list.ts';
import { defineRule, type Rule } from '../rule.ts';

export const anyClientCertificate: Rule = defineRule({
  id: 'any-client-certificate',
  level: 'error',
  versions: '>=2.2',
  source: 'postconf(5) permit_tls_all_clientcerts',
  title: 'Every client certificate opens the relay',
  why: 'Any certificate of any known authority is enough, and those are free: use permit_tls_clientcerts with relay_clientcerts.',
  byHand: computedList,
  *check(subject) {
    for (const { list, item } of subject.restrictions('permit_tls_all_clientcerts')) {
      yield {
        at: item.at,
        message: `${list.name} permits every client that has any certificate`,
        fix: list.edit((draft) => draft.remove(item)),
      };
    }
  },
});
