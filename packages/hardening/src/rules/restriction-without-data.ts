import { restriction, restrictionLists, speaksIn, type RestrictionList } from '@postern/config';
import { defineRule, type Rule } from '../rule.ts';
import { isYes } from '../subject/setting.ts';

export const restrictionWithoutData: Rule = defineRule({
  id: 'restriction-without-data',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5) smtpd_delay_reject; SMTPD_ACCESS_README',
  title: 'A restriction asks for something that is not known yet',
  why: 'With smtpd_delay_reject = no each list is looked at in its own stage: what needs the sender or recipient does nothing there.',
  codes: ['restriction-without-data'],
  *check(subject) {
    const delay = subject.main.setting('smtpd_delay_reject');
    if (isYes(delay)) return;
    for (const list of subject.lists) {
      if (!isList(list.name)) continue;
      for (const item of list.items) {
        const info = restriction(item.name, subject.version);
        if (!info || speaksIn(info, list.name, { delayReject: false })) continue;
        yield {
          at: item.at,
          message: `${item.name} in ${list.name} is looked at before its ${info.needs} is known`,
          fix: [delay.set('yes')],
        };
      }
    }
  },
});

function isList(name: string): name is RestrictionList {
  return (restrictionLists as readonly string[]).includes(name);
}
