import { defineMeasure, type Measure } from '../profiles/profile.ts';
import type { Edit } from '../rule.ts';
import { splitList } from '../subject/list-text.ts';

export const nothingDelivered: Measure = defineMeasure({
  id: 'nothing-delivered',
  title: 'No mailbox is on this host',
  why: 'With an empty mydestination mail for root and the like goes where all mail goes; what is meant for local delivery by mistake comes back at once instead of filling a disk that nobody reads.',
  source: 'STANDARD_CONFIGURATION_README, "Postfix on a null client"; postconf(5) mydestination',
  versions: 'all',
  plan({ main }) {
    const own = main.setting('mydestination');
    const names = splitList(own.value).map(({ text }) => text.toLowerCase());
    const hostNames = [
      'localhost',
      `localhost.${main.setting('mydomain').value}`,
      main.setting('myhostname').value,
    ];
    const domains = names.filter((name) => !hostNames.includes(name) && !name.startsWith('localhost'));
    if (domains.length > 0 && own.origin !== 'default') {
      return {
        notes: [
          {
            message: `mail for ${domains.join(', ')} goes on to be delivered here`,
            setting: 'mydestination',
          },
        ],
      };
    }
    const edits: Edit[] = own.origin === 'default' || own.value !== '' ? [own.set('')] : [];
    const transport = main.setting('local_transport');
    if (transport.origin === 'default')
      edits.push(transport.set('error:5.1.1 there is no mailbox on this host'));
    return { edits };
  },
});
