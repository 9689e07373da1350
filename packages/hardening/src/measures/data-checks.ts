import { defineMeasure, type Measure } from '../profiles/profile.ts';
import { listsOnPort25 } from './own-list.ts';

export const dataChecks: Measure = defineMeasure({
  id: 'data-checks',
  title: 'Nobody sends the message before we ask for it',
  why: 'At DATA, pipelining is a sign of bots and of smuggled mail; that is the stage where the check works.',
  source: 'postconf(5) smtpd_data_restrictions, reject_unauth_pipelining',
  versions: '>=2.1',
  plan: (subject) => ({
    edits: listsOnPort25(subject, 'smtpd_data_restrictions').flatMap(({ list }) =>
      list.has('reject_unauth_pipelining')
        ? []
        : (list.edit((draft) => draft.prepend('reject_unauth_pipelining')) ?? []),
    ),
  }),
});
