import { relayStops } from '@postern/simulator';
import { relayPermits } from '../knowledge/relay-control.ts';
import { defineMeasure, type Measure } from '../profiles/profile.ts';
import { layOutList } from '../subject/list-text.ts';
import { listsOnPort25 } from './own-list.ts';

export const ownClients: Measure = defineMeasure({
  id: 'own-clients',
  title: 'Only own clients may send anything at all',
  why: 'This host takes no mail from strangers, not even for domains of its own: what is not permitted by then is refused.',
  source: 'postconf(5) smtpd_relay_restrictions; STANDARD_CONFIGURATION_README',
  versions: '>=2.3',
  plan(subject) {
    const name = subject.knows('smtpd_relay_restrictions')
      ? 'smtpd_relay_restrictions'
      : 'smtpd_recipient_restrictions';
    return {
      edits: listsOnPort25(subject, name).flatMap(({ list }) => {
        if (list.items.length === 0 || list.setting.origin === 'default')
          return list.setting.setList(layOutList([...relayPermits, 'reject'], list.setting.written));
        const stop = list.items.find((item) => !item.warnOnly && relayStops.includes(item.name));
        if (stop?.name === 'reject') return [];
        return (
          list.edit((draft) => {
            if (!stop) draft.append('reject');
            else {
              draft.replace(stop, 'reject');
              for (const item of list.items.slice(list.items.indexOf(stop) + 1)) draft.remove(item);
            }
          }) ?? []
        );
      }),
    };
  },
});
