import { parseZones, type Zones } from '@postern/dns';
import type { SpfHandlerOptions } from '../../src/index.ts';

/** A domain for each result of SPF, as a client at 198.51.100.7 gets it. */
export const zones: Zones = parseZones(
  JSON.stringify({
    'pass.example': { TXT: [['v=spf1 ip4:198.51.100.7 -all']] },
    'fail.example': { TXT: [['v=spf1 -all']] },
    'soft.example': { TXT: [['v=spf1 ~all']] },
    'neutral.example': { TXT: [['v=spf1 ?all']] },
    'broken.example': { TXT: [['v=spf1 ip4:x -all']] },
    'down.example': { TXT: 'SERVFAIL' },
  }),
).zones;

export const strictSpf: Omit<SpfHandlerOptions, 'resolver'> = {
  receiver: 'mail.example.com',
  mailFrom: { refuse: 'fail' },
  helo: { refuse: 'fail' },
  permerror: 'reject',
  temperror: 'defer',
};
