import { closedGreeting } from '../measures/closed-greeting.ts';
import { hostname } from '../measures/hostname.ts';
import { loopbackOnly } from '../measures/loopback-only.ts';
import { nothingDelivered } from '../measures/nothing-delivered.ts';
import { ownClients } from '../measures/own-clients.ts';
import { ownNetworks } from '../measures/own-networks.ts';
import { smarthost } from '../measures/smarthost.ts';
import { mendedRules } from './mended-rules.ts';
import { defineProfile, type Profile } from './profile.ts';

export const nullClient: Profile = defineProfile({
  id: 'null-client',
  title: 'A host that only sends',
  description:
    'Programs on it send mail, which all goes to a smarthost. Nobody outside can connect, and nothing is delivered.',
  rules: mendedRules,
  measures: [hostname, loopbackOnly, closedGreeting, ownNetworks, ownClients, nothingDelivered, smarthost],
});
