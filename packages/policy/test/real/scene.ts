import { parseZones, type Zones } from '@postern/dns';
import type { SpfHandlerOptions } from '../../src/index.ts';

const pass = { TXT: [['v=spf1 ip4:198.51.100.7 -all']] };

/** A domain for each result of SPF, as a client at 198.51.100.7 gets it. */
export const zones: Zones = parseZones(
  JSON.stringify({
    'pass.example': pass,
    'slow.example': pass,
    'fail.example': { TXT: [['v=spf1 -all']] },
    'softfail.example': { TXT: [['v=spf1 ~all']] },
    'neutral.example': { TXT: [['v=spf1 ?all']] },
    'permerror.example': { TXT: [['v=spf1 ip4:x -all']] },
    'temperror.example': { TXT: 'SERVFAIL' },
  }),
).zones;

export const strictSpf: Omit<SpfHandlerOptions, 'resolver'> = {
  receiver: 'mail.example.com',
  mailFrom: { refuse: 'fail' },
  helo: { refuse: 'fail' },
  permerror: 'reject',
  temperror: 'defer',
  reason: 'We refuse by SPF:',
};
