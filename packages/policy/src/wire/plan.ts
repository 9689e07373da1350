import { effective, parseMain, parseMaster, satisfies } from '@postern/config';
import { orderPlan, prunePlan, type Change, type Plan, type Reason } from '@postern/plan';

/** How smtpd reaches the policy server. */
export type PolicyWiring =
  /** A resident server: `unix:PATH` (relative to the queue directory) or `inet:HOST:PORT`. */
  | { readonly type: 'resident'; readonly service: string }
  /** A process for each smtpd, run by spawn(8). */
  | { readonly type: 'spawn'; readonly name: string; readonly argv: string; readonly user: string };

const source = 'SMTPD_POLICY_README';

/**
 * The plan that makes smtpd ask a policy server: `check_policy_service` right after `reject_unauth_destination`, and for
 * a spawned one its master.cf entry without a process limit and its time limit. Empty when it is so already.
 */
export function planPolicyService(
  { main, master, version }: { readonly main: string; readonly master: string; readonly version: string },
  wiring: PolicyWiring,
  target: string,
): Plan {
  const service = wiring.type === 'spawn' ? `unix:private/${wiring.name}` : wiring.service;
  const values = effective({ main: parseMain(main), master: parseMaster(master), version });
  const changes: Change[] = [];
  const list = 'smtpd_recipient_restrictions';
  const words = splitList(values.get(list)?.raw ?? '');
  if (
    !words.some(
      (word, index) =>
        word === service ||
        (word.startsWith('{') && word.includes(service) && words[index - 1] === 'check_policy_service'),
    )
  ) {
    // Without an answer mail goes on (3.0 and later can say so in place); before, it is deferred.
    const asked = satisfies(version, '>=3.0') ? `{ ${service}, default_action=DUNNO }` : service;
    const control = words.indexOf('reject_unauth_destination');
    const entries = [...words];
    entries.splice(control < 0 ? permitsAtStart(words) : control + 1, 0, 'check_policy_service', asked);
    changes.push({
      type: 'set-parameter',
      name: list,
      value: joinList(entries),
      because: reason(
        'The policy server is asked for mail that would be accepted, after relay control, so that no answer of it can open a relay.',
      ),
    });
  }
  if (wiring.type === 'spawn') {
    const limit = `${wiring.name}_time_limit`;
    changes.push({
      type: 'set-parameter',
      name: limit,
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
  changes.push({
    type: 'postfix-action',
    action: 'reload',
    because: reason('Postfix takes the new files when it is told to.'),
  });
  const plan = orderPlan({ target: { name: target, postfix: version }, changes, checks: [] });
  const left = prunePlan({ 'main.cf': main, 'master.cf': master }, plan);
  return left.changes.every(({ type }) => type === 'postfix-action') ? { ...left, changes: [] } : left;
}

function reason(why: string): Reason {
  return { why, source, versions: 'all' };
}

/** Where the permits at the start of a list end. */
function permitsAtStart(words: readonly string[]): number {
  const end = words.findIndex((word) => !word.startsWith('permit_'));
  return end < 0 ? words.length : end;
}

/** The words of a restriction list; what stands in braces is one word. */
function splitList(text: string): string[] {
  return text.match(/\{[^}]*\}|[^\s,{}]+/g) ?? [];
}

/** One restriction a line, its argument beside it. */
function joinList(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const isArgument = last !== undefined && takesArgument(last) && !last.includes(' ');
    if (isArgument) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(', ');
}

function takesArgument(name: string): boolean {
  return /^(check_.+_access|check_policy_service|reject_rbl_client|reject_rhsbl_.+|permit_dnswl_client|permit_rhswl_client|sleep)$/.test(
    name,
  );
}
