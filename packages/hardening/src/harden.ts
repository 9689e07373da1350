import type { Finding, Plan } from '@postern/plan';
import type { Configuration } from './configuration.ts';
import type { Inputs } from './profiles/inputs.ts';
import { profiles, type Profile, type ProfileName } from './profiles/index.ts';
import { HardeningError } from './error.ts';
import { checkInputs } from './profiles/check-inputs.ts';
import { planProfile } from './profiles/plan.ts';

/** Which profile, and what it cannot read from the configuration. */
export interface HardenOptions extends Inputs {
  readonly profile: ProfileName | Profile;
  /** What the plan calls its target; the configuration folder unless told. */
  readonly target?: string;
  /** Whether this Postfix still has Berkeley DB; see AuditContext. */
  readonly berkeleyDb?: boolean;
}

/** A plan with what it leaves alone and why. */
export interface HardeningPlan extends Plan {
  /**
   * What the profile would do and does not, because something is not known or was set on purpose: level `note`;
   * the rule is `PROFILE/MEASURE`.
   */
  readonly notes: readonly Finding[];
  /** What a person must mend first, with file and line. While there is any, nothing is planned. */
  readonly obstacles: readonly Finding[];
}

/**
 * Plans what makes the configuration be as the profile says, and nothing else: no change when it is so already.
 *
 * @throws HardeningError `unknown-profile`, `bad-input`
 */
export function harden(configuration: Configuration, options: HardenOptions): HardeningPlan {
  checkInputs(options);
  return planProfile(
    typeof options.profile === 'string' ? findProfile(options.profile) : options.profile,
    configuration,
    options,
  );
}

/** The name may come from a command line, whatever its type says. */
function findProfile(name: ProfileName): Profile {
  if (Object.hasOwn(profiles, name)) return profiles[name];
  const known = Object.keys(profiles).join(', ');
  throw new HardeningError('unknown-profile', `There is no profile "${name}". Choose one of: ${known}.`);
}
