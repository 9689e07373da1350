import { computedList } from '../knowledge/computed-list.ts';
import { defineRule, type Rule } from '../rule.ts';

export const mxBackupUnbounded: Rule = defineRule({
  id: 'mx-backup-unbounded',
  level: 'error',
  versions: 'all',
  source: 'postconf(5) permit_mx_backup, permit_mx_backup_networks',
  title: 'Whoever names this host in an MX record may relay through it',
  why: 'permit_mx_backup without permit_mx_backup_networks takes mail for every domain in the world whose owner writes this host into DNS, unknown recipients included. Name the domains in relay_domains.',
  byHand: computedList,
  *check(subject) {
    for (const { list, item } of subject.restrictions('permit_mx_backup')) {
      if (subject.main.setting('permit_mx_backup_networks').value.trim() !== '') continue;
      yield {
        at: item.at,
        message: `${list.name} has permit_mx_backup, and permit_mx_backup_networks is empty`,
        fix: list.edit((draft) => draft.remove(item)),
      };
    }
  },
});
