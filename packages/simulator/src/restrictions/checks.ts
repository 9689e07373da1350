import type { Check } from './compile.ts';
import { clientChecks } from './client.ts';
import { generalChecks } from './general.ts';
import { heloChecks } from './helo.ts';
import { listChecks } from './dns-lists.ts';
import { recipientChecks } from './recipient.ts';
import { senderChecks } from './sender.ts';

/** Every restriction by name, in lower case; older names share the check of the newer one. */
export const checks: Readonly<Record<string, Check>> = {
  ...generalChecks,
  ...clientChecks,
  ...listChecks,
  ...heloChecks,
  ...senderChecks,
  ...recipientChecks,
};
