import { relayRestrictions } from '../knowledge/relay-control.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import { listsOnPort25 } from './own-list.ts';

export const relayControl: Measure = defineMeasure({
  id: 'relay-control',
  title: 'Relaying is decided in a list of its own',
  why: 'A list that does nothing but relay control cannot be opened by a slip among the spam checks. A foreign relay attempt is refused for good (554), not for now.',
  source: 'postconf(5) smtpd_relay_restrictions; SMTPD_ACCESS_README',
  versions: '>=2.10',
  plan(subject) {
    return {
      edits: listsOnPort25(subject, 'smtpd_relay_restrictions').flatMap(({ list }) => {
        if (list.setting.origin === 'default' || list.items.length === 0) {
          return [list.setting.set(relayRestrictions)];
        }
        const deferred = list.items.filter(
          (item) => item.name === 'defer_unauth_destination' && !item.warnOnly,
        );
        return (
          list.edit((draft) => {
            for (const item of deferred) draft.replace(item, 'reject_unauth_destination');
          }) ?? []
        );
      }),
    };
  },
});
