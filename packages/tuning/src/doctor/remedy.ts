import type { Change, Reason } from '@postern/plan';
import { valueOf } from '../facts/fact.ts';
import type { Recommendation } from '../recommend/recommendation.ts';
import type { MeltdownId, Patient } from './signs.ts';

/** One step of a cure: something to do, and what of it a plan can do. */
export interface Step {
  readonly what: string;
  /** For a step that a command does. */
  readonly command?: string;
  readonly changes: readonly Change[];
}

/**
 * The cure of each melt-down, in its order. Never `postqueue -f` and no higher limits: both feed what burns.
 *
 * @param recommended  what tuning says of the same host; its changes are the ones that steps take up
 */
export function remedyOf(id: MeltdownId, patient: Patient, recommended: readonly Recommendation[]): Step[] {
  const changesOf = (pattern: RegExp): readonly Change[] =>
    recommended.filter((each) => pattern.test(each.id)).flatMap(({ changes }) => changes);
  switch (id) {
    case 'backscatter':
      return [
        {
          what: 'Refuse mail for unknown recipients while the client is still there, instead of bouncing it.',
          changes: validateRecipients(patient),
        },
        {
          what: 'Hold what is backscatter, look at it, then delete it; genuine bounces to your own users stay.',
          command: 'postern queue triage TARGET --hold',
          changes: [],
        },
        { what: 'Give bounces up after a day, for as long as this lasts.', changes: shortBounces(patient) },
        { what: 'Try deferred mail less often while the queue is long.', changes: changesOf(/^retry-times/) },
      ];
    case 'dead-disk':
      return [
        {
          what: 'Look at the disk: SMART, RAID, the neighbours on the same storage. Nothing in Postfix makes a commit faster.',
          changes: [],
        },
        {
          what: 'Take load off it: fewer retries of deferred mail.',
          changes: slowRetries(patient, changesOf),
        },
        {
          what: 'Mount the queue with noatime, and move it to a faster disk when there is one. Not to memory: that loses mail.',
          changes: [],
        },
      ];
    case 'slow-destination':
      return [
        {
          what: 'Give the destination a transport of its own, so that its mail does not fill the active queue for all.',
          changes: [],
        },
        {
          what: 'Where it is yours or agrees: more connections at once. Otherwise it gets its mail later.',
          changes: changesOf(/-(concurrency|processes)$/).filter(
            (change) => !(change.type === 'put-service' && change.service.type !== 'unix'),
          ),
        },
        {
          what: 'Leave the active queue and the process limit as they are: larger ones hold more of the same mail.',
          changes: [],
        },
      ];
    case 'cpu-bound-filter':
      return [
        {
          what: 'Refuse more before the filter: recipient checks, block lists, postscreen cost next to nothing.',
          changes: changesOf(/^postscreen$/),
        },
        {
          what: 'Let no more messages into the filter at once than it has processors: its workers and the maxproc of what calls it.',
          changes: filterConcurrency(patient),
        },
        { what: 'Move the filter to a machine of its own, or add processors.', changes: [] },
      ];
    case 'starved-listen-queue':
      return [
        { what: 'Find what sessions wait for (policy service, milter, DNS) and mend it first.', changes: [] },
        { what: 'Let bots wait with postscreen instead of smtpd.', changes: changesOf(/^postscreen$/) },
        {
          what: 'Let settings follow stress, one client take no more than half.',
          changes: changesOf(/^(stress-|client-connections)/),
        },
        {
          what: 'More smtpd processes within what the host bears, and a longer listen queue: stop and start, a reload keeps the old one.',
          changes: changesOf(/^(smtpd-processes|sysctl-net\.core\.somaxconn)$/),
        },
      ];
    case 'dns-failing':
      return [
        {
          what: 'Ask the resolvers of /etc/resolv.conf one by one; remove or replace those that do not answer.',
          command: 'dig @SERVER MX gmail.com',
          changes: [],
        },
        {
          what: 'Run a caching resolver on this host (unbound) and let resolv.conf name it; public ones are also refused by block lists.',
          changes: [],
        },
        {
          what: 'Leave the deferred mail alone: it goes out by itself when DNS is back.',
          command: 'postern queue summary TARGET',
          changes: [],
        },
      ];
  }
}

function because(why: string, source: string): Reason {
  return { why, source, versions: 'all' };
}

function validateRecipients({ settings }: Patient): Change[] {
  const name = 'smtpd_reject_unlisted_recipient';
  return settings.text(name) === 'no'
    ? [
        {
          type: 'remove-parameter',
          name,
          because: because(
            'Mail for unknown recipients is accepted and bounced; by default it is refused.',
            'postconf(5); BACKSCATTER_README',
          ),
        },
      ]
    : [];
}

function shortBounces({ settings }: Patient): Change[] {
  return (settings.seconds('bounce_queue_lifetime') ?? 0) > 86_400
    ? [
        {
          type: 'set-parameter',
          name: 'bounce_queue_lifetime',
          value: '1d',
          because: because(
            'Bounces to forged senders are given up after a day; put it back when the flood is over.',
            'QSHAPE_README',
          ),
        },
      ]
    : [];
}

/** A failing disk cannot wait for a measurement: retries to a third of their rate, in the legal order. */
function slowRetries(
  { settings }: Patient,
  changesOf: (pattern: RegExp) => readonly Change[],
): readonly Change[] {
  const computed = changesOf(/^retry-times/);
  const [run, least, most] = ['queue_run_delay', 'minimal_backoff_time', 'maximal_backoff_time'].map((name) =>
    settings.seconds(name),
  );
  if (
    computed.length > 0 ||
    run === undefined ||
    least === undefined ||
    most === undefined ||
    least >= 900 ||
    most < 900 ||
    run > 900
  )
    return computed;
  return [
    {
      type: 'set-parameter',
      name: 'minimal_backoff_time',
      value: '900s',
      because: because(
        `Every retry is a commit: from every ${least} s to every 900 s.`,
        'QSHAPE_README; one commit for each retry (measured)',
      ),
    },
  ];
}

function filterConcurrency({ settings, facts }: Patient): Change[] {
  const transport = /^([\w-]+):/.exec(settings.text('content_filter') ?? '')?.[1];
  const service = transport === undefined ? undefined : settings.service(transport);
  const cores = Math.max(1, Math.ceil(valueOf(facts.cpu.usable) ?? 0));
  const limit = settings.processLimit(service);
  if (!service || !facts.cpu.usable.known || limit === undefined || limit <= 2 * cores) return [];
  return [
    {
      type: 'put-service',
      service: { ...service, maxproc: 2 * cores },
      because: because(
        `More than two messages for each of ${cores} processors only wait inside the filter.`,
        'FILTER_README',
      ),
    },
  ];
}
