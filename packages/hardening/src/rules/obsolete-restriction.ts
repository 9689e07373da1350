import { computedList } from '../knowledge/computed-list.ts';
import { restriction } from '@postern/config';
import { defineRule, type Rule } from '../rule.ts';
import type { Restriction } from '../subject/restrictions.ts';
import type { Subject } from '../subject/subject.ts';

export const obsoleteRestriction: Rule = defineRule({
  id: 'obsolete-restriction',
  level: 'warning',
  versions: '>=2.3',
  source: 'DEPRECATION_README; RELEASE_NOTES 2.3',
  title: 'A restriction goes by its old name',
  why: 'Postfix 3.9 warns about the names of before 2.3, and later releases drop them: an unknown restriction turns mail away with 451.',
  byHand: computedList,
  codes: ['deprecated-restriction'],
  *check(subject) {
    for (const list of subject.lists) {
      for (const item of list.items) {
        if (restriction(item.name)?.deprecated === undefined) continue;
        const texts = successors(item, subject);
        yield {
          at: item.at,
          message: `${item.name} is ${texts.length > 0 ? `now ${texts.join(', ')}` : 'gone'}`,
          fix: list.edit((draft) => {
            const prefix = item.warnOnly ? 'warn_if_reject ' : '';
            draft.insertBefore(item, ...texts.map((text) => prefix + text));
            draft.remove(item);
          }),
        };
      }
    }
  },
});

/** The entries that say today what the old one said. */
function successors({ name, argument }: Restriction, subject: Subject): string[] {
  // It let every client through whose HELO name is an address: nothing that anybody should have again.
  if (name === 'permit_naked_ip_address') return [];
  if (name === 'reject_maps_rbl') {
    const zones = subject.main.setting('maps_rbl_domains').value.split(/[\s,]+/);
    return zones.filter((zone) => zone !== '').map((zone) => `reject_rbl_client ${zone}`);
  }
  const { replacement } = restriction(name)!.deprecated!;
  return replacement === undefined ? [] : [[replacement, argument].filter((word) => word !== '').join(' ')];
}
