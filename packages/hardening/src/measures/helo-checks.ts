import { defineMeasure, type Measure } from '../profiles/profile.ts';
import { listsOnPort25, withChecks } from './own-list.ts';

export const heloChecks: Measure = defineMeasure({
  id: 'helo-checks',
  title: 'Clients must give a name that can be one',
  why: 'Mail servers say their full name; bots often say none, a bare word or an address.',
  source: 'postconf(5) smtpd_helo_required, smtpd_helo_restrictions; RFC 5321 section 4.1.1.1',
  versions: '>=2.3',
  plan(subject) {
    const required = subject
      .settings('smtpd_helo_required', ({ role }) => role === 'mx')
      .filter((setting) => setting.value.toLowerCase() === 'no');
    const lists = listsOnPort25(subject, 'smtpd_helo_restrictions');
    return {
      edits: [
        ...required.map((setting) => setting.set('yes')),
        ...lists.flatMap(
          (own) => withChecks(own, ['reject_non_fqdn_helo_hostname', 'reject_invalid_helo_hostname']) ?? [],
        ),
      ],
    };
  },
});
