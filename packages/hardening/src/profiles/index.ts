import { internetMx } from './internet-mx.ts';
import type { Profile } from './profile.ts';

export type { Measure, Profile } from './profile.ts';

/** The profiles by name. */
export const profiles: { readonly 'internet-mx': Profile } = { 'internet-mx': internetMx };

export type ProfileName = keyof typeof profiles;
