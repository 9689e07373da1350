import { backupMx } from './backup-mx.ts';
import { internetMx } from './internet-mx.ts';
import { nullClient } from './null-client.ts';
import type { Profile } from './profile.ts';
import { relayOnly } from './relay-only.ts';
import { submission } from './submission.ts';

export { defineMeasure, defineProfile } from './profile.ts';
export type { Measure, Profile, Proposal } from './profile.ts';

export type ProfileName = 'internet-mx' | 'submission' | 'relay-only' | 'null-client' | 'backup-mx';

/** The profiles by name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  'internet-mx': internetMx,
  submission,
  'relay-only': relayOnly,
  'null-client': nullClient,
  'backup-mx': backupMx,
};
