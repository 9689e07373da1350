import { computedList } from '../knowledge/computed-list.ts';
import { listRestrictions } from '../knowledge/block-lists.ts';
import { defineRule, type Rule } from '../rule.ts';

export const dnsblBeforePermits: Rule = defineRule({
  id: 'dnsbl-before-permits',
  level: 'warning',
  versions: 'all',
  source: 'SMTPD_ACCESS_README',
  title: 'Block lists are asked about own users or before relay control',
  why: 'Own users dial in from listed addresses and are refused; and for mail that is refused anyway the lookups are wasted.',
  byHand: computedList,
  *check(subject) {
    for (const list of subject.lists) {
      const last = list.items.findLastIndex(
        (item) =>
          /^(permit_mynetworks|permit_sasl_authenticated|permit_tls_clientcerts)$/.test(item.name) ||
          (/^(reject|defer)_unauth_destination$/.test(item.name) && list.name !== 'smtpd_relay_restrictions'),
      );
      const anchor = list.items[last];
      if (!anchor) continue;
      const early = list.items.slice(0, last).filter((item) => listRestrictions.includes(item.name));
      for (const item of early) {
        yield {
          at: item.at,
          message: `${item.text} is asked before ${anchor.name}`,
          fix: list.edit((draft) => {
            for (const each of early) draft.remove(each);
            draft.insertAfter(anchor, ...early.map((each) => each.text));
          }),
        };
      }
    }
  },
});
