import { effective, parseMain, parseMaster, satisfies, serviceOf, type MasterCf } from '@postern/config';
import { orderPlan, prunePlan, type Change, type Plan, type Reason } from '@postern/plan';
import { joinList, splitList } from './list-words.ts';

/** How smtpd reaches the policy server. */
export type PolicyWiring =
  /** A resident server: `unix:PATH` (relative to the queue directory) or `inet:HOST:PORT`. */
  | { readonly type: 'resident'; readonly service: string }
  /** A process for each smtpd, run by spawn(8). */
  | { readonly type: 'spawn'; readonly name: string; readonly argv: string; readonly user: string };

/** A configuration as text, and the Postfix that reads it. */
export interface WiredConfiguration {
  readonly main: string;
  readonly master: string;
  readonly version: string;
}

const source = 'SMTPD_POLICY_README';
const list = 'smtpd_recipient_restrictions';

/**
 * The plan that makes smtpd ask a policy server. Empty when it is so already.
 *
 * @param target  what the plan is for, as it stands in it
 */
export function planPolicyService(config: WiredConfiguration, wiring: PolicyWiring, target: string): Plan {
  const changes = wirePolicyService(config, wiring);
  if (changes.length > 0) {
    const because = reason('Postfix takes the new files when it is told to.');
    changes.push({ type: 'postfix-action', action: 'reload', because });
  }
  return orderPlan({ target: { name: target, postfix: config.version }, changes, checks: [] });
}

/**
 * What has to change so that smtpd asks a policy server: `check_policy_service` right after relay control in each list
 * that an smtpd on port 25 (or behind postscreen) goes by, and for a spawned one its master.cf entry without a process
 * limit and its time limit. Pure: text in, changes out; nothing where it is so already.
 */
export function wirePolicyService(config: WiredConfiguration, wiring: PolicyWiring): Change[] {
  const { main, master, version } = config;
  const service = wiring.type === 'spawn' ? `unix:private/${wiring.name}` : wiring.service;
  const changes: Change[] = placesOf(parseMaster(master)).flatMap((place): Change[] => {
    const before = valueAt(config, place);
    const after = withService(splitList(before), service, version);
    if (after === undefined) return [];
    const because = reason(
      'The policy server is asked for mail that would be accepted, after relay control, so that no answer of it can open a relay.',
    );
    const value = joinList(after);
    return place === 'main.cf'
      ? [{ type: 'set-parameter', name: list, value, because }]
      : [{ type: 'set-service-option', ...place, option: list, value, because }];
  });
  if (wiring.type === 'spawn') {
    changes.push({
      type: 'set-parameter',
      name: `${wiring.name}_time_limit`,
      value: '3600s',
      because: reason(
        'spawn(8) kills the program after command_time_limit (1000 s), and the mail of that moment is deferred.',
      ),
    });
    changes.push({
      type: 'put-service',
      service: {
        name: wiring.name,
        type: 'unix',
        unprivileged: false,
        chroot: false,
        maxproc: 0,
        command: 'spawn',
        options: [],
        arguments: [`user=${wiring.user}`, `argv=${wiring.argv}`],
      },
      because: reason('Each smtpd holds a process of the service: a limit below that of smtpd defers mail.'),
    });
  }
  const plan: Plan = { target: { name: '', postfix: version }, changes, checks: [] };
  return [...prunePlan({ 'main.cf': main, 'master.cf': master }, plan).changes];
}

type Place = 'main.cf' | { readonly name: string; readonly serviceType: 'inet' | 'pass' };

/** Where the lists stand that strangers' mail goes by: main.cf, and each service that overrides it. */
function placesOf(master: MasterCf): Place[] {
  const servers = master.entries
    .filter((entry) => entry.type === 'service')
    .map((entry) => serviceOf(entry))
    .filter(
      ({ command, type, name }) =>
        command === 'smtpd' && (type === 'pass' || (type === 'inet' && /^(.*:)?(smtp|25)$/.test(name))),
    );
  const own = servers.filter(({ options }) => options.some(({ name }) => name === list));
  const overrides = own.map(({ name, type }) => ({ name, serviceType: type as 'inet' | 'pass' }));
  return own.length > 0 && own.length === servers.length ? overrides : ['main.cf', ...overrides];
}

/** The list as written, or with its `$name` replaced: what one of them stands for must be seen to be put in order. */
function valueAt({ main, master, version }: WiredConfiguration, place: Place): string {
  const values = effective({
    main: parseMain(main),
    master: parseMaster(master),
    version,
    ...(place !== 'main.cf' && { service: { name: place.name, type: place.serviceType } }),
  });
  const { raw = '', value } = values.get(list) ?? {};
  return raw.includes('$') ? (value ?? raw) : raw;
}

/** The list with the service in its place; undefined where it is asked already. */
function withService(words: readonly string[], service: string, version: string): string[] | undefined {
  const isAsked = words.some(
    (word, index) =>
      words[index - 1] === 'check_policy_service' &&
      (word === service || (word.startsWith('{') && splitList(word.slice(1, -1))[0] === service)),
  );
  if (isAsked) return undefined;
  // Without an answer mail goes on (3.0 and later can say so in place); before, it is deferred.
  const endpoint = satisfies(version, '>=3.0') ? `{ ${service}, default_action=DUNNO }` : service;
  const added = ['check_policy_service', endpoint];
  // Own clients are none of its business; where the list has entries, it says itself who is let through.
  if (words.length === 0) return ['permit_mynetworks', 'permit_sasl_authenticated', ...added];
  const control = words.findLastIndex((word) => /^(reject|defer)_unauth_destination$/.test(word));
  return words.toSpliced(control < 0 ? permitsAtStart(words) : control + 1, 0, ...added);
}

function reason(why: string): Reason {
  return { why, source, versions: 'all' };
}

/** Where the permits at the start of a list end. */
function permitsAtStart(words: readonly string[]): number {
  const end = words.findIndex((word) => !word.startsWith('permit_'));
  return end < 0 ? words.length : end;
}
