import type { Configuration } from '../configuration.ts';
import type { HardeningPlan } from '../harden.ts';
import { planProfile } from '../profiles/plan.ts';
import { defineProfile } from '../profiles/profile.ts';
import { rules } from '../rules/index.ts';
import { readSubject } from '../subject/read.ts';
import { classesOf, relayLists, stopsRelaying } from '../knowledge/relay-control.ts';
import type { Subject } from '../subject/subject.ts';
import { explicitDefaults } from './explicit-defaults.ts';
import { protocolSyntax } from './protocol-syntax.ts';
import { relaySplit } from './relay-split.ts';

/** From which Postfix to which. */
export interface ModerniseOptions {
  /** The version that has read the configuration until now, 2.7 or newer. */
  readonly from: string;
  /** The version that will read it, as precise as it is known: what is right against smuggling depends on it. */
  readonly to: string;
  /** Whether the new Postfix still has Berkeley DB. Default: until 3.11. */
  readonly berkeleyDb?: boolean;
  /** What the plan calls its target; the configuration folder unless told. */
  readonly target?: string;
}

/** A plan with what is answered differently afterwards. */
export interface ModernisePlan extends HardeningPlan {
  /** The only mail whose verdict changes, by the restriction or parameter that decides it. Everything else gets what it got. */
  readonly effects: readonly Effect[];
}

/** Something that is meant to change for some mail. */
export interface Effect {
  /** A restriction or a parameter. */
  readonly about: string;
  readonly message: string;
}

/** What has another name, another form or another default in a later release. */
const renewing: ReadonlySet<string> = new Set([
  'deprecated-parameter',
  'obsolete-restriction',
  'newer-than-version',
  'newer-syntax',
  'berkeley-db-table',
  'bare-newline-accepted',
  'unauth-pipelining-accepted',
  'smuggling-workaround-missing',
]);

/**
 * Plans what a configuration of an older Postfix needs under a newer one, so that it goes on to do what it did: names
 * and forms of today, defaults that the release changes written out, tables that the new Postfix can open, and the
 * cure against smuggling that its patch level has. Mail gets the verdicts that it got, but for `effects`.
 */
export function modernise(configuration: Configuration, options: ModerniseOptions): ModernisePlan {
  const { from, to, target } = options;
  const old = readSubject({ ...configuration, version: from });
  const now = { ...configuration, version: to };
  const berkeleyDb = options.berkeleyDb ?? !readSubject(now).satisfies('>=3.11');
  const profile = defineProfile({
    id: 'modernise',
    title: `From Postfix ${from} to ${to}`,
    description: 'What the newer release asks for, with everything else as it was.',
    rules: rules.filter(({ id }) => renewing.has(id)),
    measures: [relaySplit(old), explicitDefaults(old), protocolSyntax],
  });
  const plan = planProfile(profile, now, {
    profile,
    berkeleyDb,
    ...(target !== undefined && { target }),
  });
  return { ...plan, effects: plan.obstacles.length > 0 ? [] : effectsOf(old, readSubject(now), plan) };
}

const dropped: Readonly<Record<string, string>> = {
  permit_naked_ip_address: 'clients whose HELO is an address are no longer let through for that alone',
  check_relay_domains: 'clients with a name in relay_domains no longer relay by it',
};

const forbidding: Readonly<Record<string, string>> = {
  smtpd_forbid_bare_newline: 'a message whose lines end without CR is taken as one message, or refused',
  smtpd_forbid_unauth_pipelining: 'clients that talk before they are answered are disconnected',
  smtpd_data_restrictions: 'clients that send the message before they are asked for it are refused',
  smtpd_discard_ehlo_keywords: 'BDAT is no longer offered',
};

function effectsOf(old: Subject, now: Subject, { changes }: HardeningPlan): Effect[] {
  const restrictions = Object.entries(dropped).filter(([name]) => old.restrictions(name).length > 0);
  const parameters = Object.entries(forbidding).filter(([name]) =>
    changes.some(
      (change) =>
        (change.type === 'set-parameter' && change.name === name) ||
        (change.type === 'set-service-option' && change.option === name),
    ),
  );
  return [...restrictions, ...parameters, ...awakened(old, now), ...nowStarting(old, now)].map(
    ([about, message]) => ({
      about,
      message,
    }),
  );
}

/** What stands in the files and was not read so far, except the level: what hangs on that is written out. */
function awakened(old: Subject, now: Subject): (readonly [about: string, message: string])[] {
  const names = new Set(old.writtenSettings().map(({ name }) => name));
  names.delete('compatibility_level');
  return [...names]
    .filter((name) => !old.knows(name) && now.knows(name) && !isClass(name, old))
    .map((name) => [name, `Postfix ${old.version} does not read it, Postfix ${now.version} does`]);
}

/** An smtpd that had no relay control where the old release looked for it did not start; now it does. */
function nowStarting(old: Subject, now: Subject): (readonly [about: string, message: string])[] {
  const controls = (subject: Subject): readonly boolean[] =>
    subject.servers.map((server) => relayLists(subject, server).some((list) => stopsRelaying(list, server)));
  const after = controls(now);
  const starts = controls(old).some((controlled, index) => !controlled && after[index]);
  if (!starts) return [];
  return [
    [
      'smtpd_recipient_restrictions',
      `Postfix ${old.version} looks for relay control there only, finds none and answers all mail with 421; Postfix ${now.version} finds it in smtpd_relay_restrictions`,
    ],
  ];
}

/** A name of the operator's own may be that of a parameter to come. */
function isClass(name: string, { main }: Subject): boolean {
  return classesOf(main).includes(name);
}
