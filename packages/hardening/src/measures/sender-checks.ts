import { defineMeasure, type Measure } from '../profiles/profile.ts';
import { listsOnPort25, withChecks } from './own-list.ts';

export const senderChecks: Measure = defineMeasure({
  id: 'sender-checks',
  title: 'The sender must be somebody who can be answered',
  why: 'A sender without a full domain, or whose domain has neither MX nor address, cannot get a bounce.',
  source: 'postconf(5) smtpd_sender_restrictions',
  versions: '>=2.3',
  plan: (subject) => ({
    edits: listsOnPort25(subject, 'smtpd_sender_restrictions').flatMap(
      (own) => withChecks(own, ['reject_non_fqdn_sender', 'reject_unknown_sender_domain']) ?? [],
    ),
  }),
});
