import { certificate } from '../measures/certificate.ts';
import { clientLimits } from '../measures/client-limits.ts';
import { dataChecks } from '../measures/data-checks.ts';
import { hostname } from '../measures/hostname.ts';
import { nothingDelivered } from '../measures/nothing-delivered.ts';
import { ownClients } from '../measures/own-clients.ts';
import { ownNetworks } from '../measures/own-networks.ts';
import { smarthost } from '../measures/smarthost.ts';
import { mendedRules } from './mended-rules.ts';
import { defineProfile, type Profile } from './profile.ts';

export const relayOnly: Profile = defineProfile({
  id: 'relay-only',
  title: 'A relay for own networks',
  description:
    'It takes mail from its own networks and hands all of it to a smarthost; nothing is delivered on it.',
  rules: mendedRules,
  measures: [
    hostname,
    certificate,
    ownNetworks,
    ownClients,
    nothingDelivered,
    smarthost,
    dataChecks,
    clientLimits,
  ],
});
