import type { Strategy } from '@postern/fleet';

/** Of 1,000 hosts: 5, then 50, 200, 500 and the last 245; 40 may fail. */
export const thousandStrategy: Strategy = { canary: 5, waves: [50, '20%', '50%'], maxFailures: '4%' };
