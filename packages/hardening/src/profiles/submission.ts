import { certificate } from '../measures/certificate.ts';
import { clientLimits } from '../measures/client-limits.ts';
import { dane } from '../measures/dane.ts';
import { dataChecks } from '../measures/data-checks.ts';
import { hostname } from '../measures/hostname.ts';
import { ownClients } from '../measures/own-clients.ts';
import { ownNetworks } from '../measures/own-networks.ts';
import { submission as submissionServices } from '../measures/submission.ts';
import { mendedRules } from './mended-rules.ts';
import { defineProfile, type Profile } from './profile.ts';

export const submission: Profile = defineProfile({
  id: 'submission',
  title: 'A server that users send through',
  description:
    'Users log in on 587 and 465 and send to everybody. It takes nothing from strangers: another host is in the MX records.',
  rules: mendedRules,
  measures: [
    hostname,
    certificate,
    ownNetworks,
    ownClients,
    dataChecks,
    submissionServices,
    dane,
    clientLimits,
  ],
});
