import { blockLists } from '../measures/block-lists.ts';
import { certificate } from '../measures/certificate.ts';
import { clientLimits } from '../measures/client-limits.ts';
import { dane } from '../measures/dane.ts';
import { dataChecks } from '../measures/data-checks.ts';
import { heloChecks } from '../measures/helo-checks.ts';
import { hostname } from '../measures/hostname.ts';
import { postscreen } from '../measures/postscreen.ts';
import { recipientChecks } from '../measures/recipient-checks.ts';
import { relayControl } from '../measures/relay-control.ts';
import { senderChecks } from '../measures/sender-checks.ts';
import { spfService } from '../measures/spf-service.ts';
import { submission } from '../measures/submission.ts';
import { mendedRules } from './mended-rules.ts';
import { defineProfile, type Profile } from './profile.ts';

export const internetMx: Profile = defineProfile({
  id: 'internet-mx',
  title: 'A mail server on the internet',
  description:
    'It takes mail for its domains from everybody, relays for its own networks and users, and sends to everybody.',
  rules: mendedRules,
  measures: [
    hostname,
    certificate,
    relayControl,
    heloChecks,
    senderChecks,
    recipientChecks,
    spfService,
    postscreen,
    blockLists,
    dataChecks,
    submission,
    dane,
    clientLimits,
  ],
});
