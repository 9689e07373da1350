import { backupDomains } from '../measures/backup-domains.ts';
import { blockLists } from '../measures/block-lists.ts';
import { certificate } from '../measures/certificate.ts';
import { clientLimits } from '../measures/client-limits.ts';
import { dane } from '../measures/dane.ts';
import { dataChecks } from '../measures/data-checks.ts';
import { heloChecks } from '../measures/helo-checks.ts';
import { hostname } from '../measures/hostname.ts';
import { ownNetworks } from '../measures/own-networks.ts';
import { postscreen } from '../measures/postscreen.ts';
import { recipientChecks } from '../measures/recipient-checks.ts';
import { relayControl } from '../measures/relay-control.ts';
import { senderChecks } from '../measures/sender-checks.ts';
import { spfService } from '../measures/spf-service.ts';
import { mendedRules } from './mended-rules.ts';
import { defineProfile, type Profile } from './profile.ts';

export const backupMx: Profile = defineProfile({
  id: 'backup-mx',
  title: 'A second mail server for domains of others',
  description:
    'It takes mail for named domains while their primary host is away, holds strangers to the same checks, and passes it on.',
  rules: mendedRules,
  measures: [
    hostname,
    certificate,
    ownNetworks,
    relayControl,
    heloChecks,
    senderChecks,
    recipientChecks,
    spfService,
    postscreen,
    blockLists,
    dataChecks,
    // Last: the primary host is asked about nobody who is refused by something cheaper.
    backupDomains,
    dane,
    clientLimits,
  ],
});
