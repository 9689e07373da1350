import { satisfies } from '@postern/config';
import { valueOf } from '../facts/fact.ts';
import { change, say, type Adviser, type Context, type Recommendation } from './recommendation.ts';

/** The share of the disk's time that retries may take. */
const shareForRetries = 0.25;

/** How often deferred mail is tried again. Postfix accepts any order of the three times; only one makes sense. */
export const adviseRetries: Adviser = (context) => [...orderedTimes(context), ...bounceLifetime(context)];

const times = ['queue_run_delay', 'minimal_backoff_time', 'maximal_backoff_time'] as const;

function orderedTimes(context: Context): Recommendation[] {
  const { settings, facts, workload } = context;
  const [run, least, most] = times.map((name) => settings.seconds(name));
  if (run === undefined || least === undefined || most === undefined) {
    return [
      say('unknown', {
        id: 'retry-times',
        subject: times.join(', '),
        message: 'One of these times is not a time that Postfix reads; correct it first.',
        facts: times.map((name) => `${name} = ${settings.raw(name) ?? ''}`),
        source: 'postconf(5)',
      }),
    ];
  }
  const found: Recommendation[] = [];
  if (satisfies(settings.version, '<2.4') && (run > 300 || least > 300)) {
    found.push(
      change(
        {
          id: 'retry-times-before-2.4',
          subject: 'queue_run_delay, minimal_backoff_time',
          message: 'Before 2.4 deferred mail waits 1000 s for its first retry; since then it waits 300 s.',
          facts: [`Postfix ${settings.version}`],
          source: 'RELEASE_NOTES 2.4',
          versions: '<2.4',
          formula: '300 s, the default since 2.4, in place of 1000 s',
          effect: 'Mail that was deferred once arrives about 10 minutes earlier.',
          sure: 'documented',
        },
        (because) => [
          { type: 'set-parameter', name: 'queue_run_delay', value: '300s', because },
          { type: 'set-parameter', name: 'minimal_backoff_time', value: '300s', because },
          ...(most < 300
            ? [{ type: 'set-parameter', name: 'maximal_backoff_time', value: '4000s', because } as const]
            : []),
        ],
      ),
    );
    return found;
  }
  const deferred = facts.queue.messages.deferred;
  const { commit } = workload;
  const busy =
    deferred.known && commit ? Math.ceil((deferred.value * commit.p50) / shareForRetries / 60) * 60 : 0;
  // What is out of order is put in order by raising: nothing is tried more often than it was meant to be.
  const start = Math.max(least, run);
  const ceiling = Math.max(most, start);
  const target = Math.max(start, Math.min(busy, ceiling));
  if (target !== least || ceiling !== most) {
    const disordered = run > least || least > most;
    found.push(
      change(
        {
          id: 'retry-times',
          subject: 'minimal_backoff_time',
          message: disordered
            ? 'queue_run_delay ≤ minimal_backoff_time ≤ maximal_backoff_time does not hold, and Postfix does not say so.'
            : 'Retries of deferred mail take too much of the disk.',
          formula:
            busy > start
              ? `${valueOf(deferred)} deferred × ${commit?.p50} s a commit / ${shareForRetries} of the disk = ${busy} s`
              : `max(queue_run_delay ${run} s, minimal ${least} s), and no more than maximal`,
          facts: [`queue_run_delay ${run} s, minimal ${least} s, maximal ${most} s`, deferred],
          source: 'postconf(5); QSHAPE_README; one commit for each retry (measured)',
          effect:
            busy > start
              ? `Retries take ${Math.round((((valueOf(deferred) ?? 0) * (commit?.p50 ?? 0)) / target) * 100)}% of the disk instead of ${Math.round((((valueOf(deferred) ?? 0) * (commit?.p50 ?? 0)) / least) * 100)}%; first retries come later.`
              : 'Retries come when the settings say.',
          sure: busy > start ? 'measured' : 'documented',
        },
        (because) => [
          ...(target === least
            ? []
            : [
                {
                  type: 'set-parameter',
                  name: 'minimal_backoff_time',
                  value: `${target}s`,
                  because,
                } as const,
              ]),
          ...(ceiling === most
            ? []
            : [
                {
                  type: 'set-parameter',
                  name: 'maximal_backoff_time',
                  value: `${ceiling}s`,
                  because,
                } as const,
              ]),
        ],
      ),
    );
    return found;
  }
  for (const name of times) {
    if (!settings.isDefault(name)) continue;
    found.push(
      say('default', {
        id: name.replaceAll('_', '-'),
        subject: name,
        message: settings.isSet(name)
          ? `${name} = ${settings.text(name)} has been the default since 2.4 (maximal_backoff_time: always): the line changes nothing.`
          : `${settings.text(name)} ${name === 'maximal_backoff_time' ? 'has always been the default' : 'has been the default since 2.4'}: nothing to set.`,
        facts: [`Postfix ${settings.version}`],
        source: 'postconf(5); RELEASE_NOTES 2.4',
      }),
    );
  }
  return found;
}

function bounceLifetime({ settings, facts, workload }: Context): Recommendation[] {
  const seconds = settings.seconds('bounce_queue_lifetime');
  const deferred = facts.queue.messages.deferred;
  if (workload.nullSenderShare === undefined || seconds === undefined) return [];
  const share = Math.round(workload.nullSenderShare * 100);
  const fields = {
    id: 'bounce-lifetime',
    subject: 'bounce_queue_lifetime',
    facts: [`${share}% of the deferred mail are bounces`, deferred],
    formula: `${share}% against a limit of 50% (not verified)`,
    source:
      'QSHAPE_README; four commits for each message that is accepted and bounced to a dead sender (measured)',
  };
  if (workload.nullSenderShare <= 0.5 || (valueOf(deferred) ?? 0) < 1000)
    return [
      say('keep', { ...fields, message: 'Bounces do not dominate the queue; they keep their lifetime.' }),
    ];
  if (seconds <= 86_400)
    return [say('already-so', { ...fields, message: 'Bounces that nobody takes are given up after a day.' })];
  return [
    change(
      {
        ...fields,
        message:
          'Bounces to forged senders fill the queue. Give them up after a day, for as long as this lasts, and find out why mail for unknown recipients is accepted.',
        effect:
          'The deferred queue shrinks within a day. A genuine bounce may be lost when its host is down for longer.',
        sure: 'documented',
      },
      (because) => [{ type: 'set-parameter', name: 'bounce_queue_lifetime', value: '1d', because }],
    ),
  ];
}
