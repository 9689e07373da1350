import { valueOf } from '../facts/fact.ts';
import { say, type Adviser, type Context, type Recommendation } from './recommendation.ts';

/** Settings that tuning guides name and that a measurement would have to ask for before they are changed. */
const settled: readonly (readonly [name: string, message: string, source: string])[] = [
  [
    'smtpd_client_connection_rate_limit',
    'No limit on connections a minute: a limit hits relays with much mail before it hits bots. Set it while somebody abuses the host.',
    'TUNING_README, measures against clients that make too many connections',
  ],
  [
    'smtpd_error_sleep_time',
    'Clients that err wait a second; longer waits hold smtpd processes.',
    'TUNING_README, measures against clients that make too many errors',
  ],
  [
    'smtpd_soft_error_limit',
    'Clients are slowed down after so many errors.',
    'TUNING_README, measures against clients that make too many errors',
  ],
  [
    'initial_destination_concurrency',
    'Deliveries to a destination begin with so many connections and grow while they succeed.',
    'TUNING_README, tuning the number of simultaneous deliveries',
  ],
  [
    'default_destination_recipient_limit',
    'So many recipients share one delivery; more make one slow recipient hold up the others.',
    'TUNING_README, tuning the number of recipients per delivery',
  ],
  [
    'smtp_connection_cache_on_demand',
    'Busy destinations keep their connections by themselves.',
    'CONNECTION_CACHE_README',
  ],
  [
    'smtp_connect_timeout',
    'A shorter time helps only where many servers of a destination are dead, and loses mail to slow ones.',
    'TUNING_README, tuning the number of simultaneous deliveries',
  ],
  [
    'transport_retry_time',
    'A transport that failed is tried again after a minute.',
    'TUNING_README, tuning the frequency of deferred mail delivery attempts',
  ],
  [
    'maximal_queue_lifetime',
    'Mail is tried for as long as RFC 5321 asks for; a shorter time loses mail for servers that are down for days.',
    'TUNING_README; RFC 5321 section 4.5.4.1',
  ],
  [
    'qmgr_message_recipient_limit',
    'Memory of the queue manager for recipients; it is not short of it.',
    'QSHAPE_README, the active queue',
  ],
  [
    'smtp_fallback_relay',
    'A second host for mail that is deferred pays where deferred mail fills the active queue; it needs that host.',
    'TUNING_README, tuning the frequency of deferred mail delivery attempts',
  ],
];

/** What to leave alone, and the surroundings that no plan changes: the resolver, open files, the listen queue. */
export const adviseSurroundings: Adviser = (context) => [
  ...resolver(context),
  ...openFiles(context),
  ...listenQueue(context),
  ...settled.flatMap(([name, message, source]): Recommendation[] => {
    const value = context.settings.text(name);
    if (value === undefined) return [];
    return [
      say(context.settings.isDefault(name) ? 'default' : 'keep', {
        id: name.replaceAll('_', '-'),
        subject: name,
        message,
        facts: [`${name} = ${value}`],
        source,
      }),
    ];
  }),
];

function resolver({ facts }: Context): Recommendation[] {
  const { local } = facts.resolver;
  const fields = {
    id: 'resolver',
    subject: 'resolver',
    facts: [local],
    source: 'TUNING_README, improving Postfix SMTP server performance; STRESS_README',
  };
  if (!local.known)
    return [say('unknown', { ...fields, message: 'Which name servers the host asks is not known.' })];
  return [
    local.value
      ? say('already-so', {
          ...fields,
          message: 'A name server on this host answers: sessions wait little for DNS.',
        })
      : say('advice', {
          ...fields,
          message:
            'Names are looked up over the network, several times for each session. A caching resolver on this host answers most of them at once.',
          effect: 'Sessions are shorter by the network’s part of each lookup; how much is to be measured.',
          sure: 'documented',
        }),
  ];
}

/** select(2) and Postfix’s own limits begin at this many. */
const usualFiles = 1024;

function openFiles({ facts }: Context): Recommendation[] {
  const limit = facts.limits.masterOpenFiles.known ? facts.limits.masterOpenFiles : facts.limits.openFiles;
  const few = (valueOf(limit) ?? Infinity) < usualFiles;
  return [
    say(few ? 'advice' : limit.known ? 'already-so' : 'unknown', {
      id: 'open-files',
      subject: 'open files of a process',
      message: few
        ? `A process may open fewer than ${usualFiles} files; the queue manager and anvil(8) need one for each client. Raise LimitNOFILE of the service.`
        : limit.known
          ? 'A process may open enough files.'
          : 'How many files a process may open is not known, or there is no limit.',
      facts: [limit],
      source: 'TUNING_README, tuning the number of processes on the system',
      ...(few && { effect: 'No “too many open files”.', sure: 'documented' as const }),
    }),
  ];
}

function listenQueue({ facts, workload }: Context): Recommendation[] {
  const { listenOverflows } = facts.network;
  if (workload.inbound !== undefined || !listenOverflows.known || listenOverflows.value === 0) return [];
  return [
    say('advice', {
      id: 'listen-overflows',
      subject: 'listen queue',
      message:
        'Connections did not fit into a listen queue of this host since it started. If that goes on, and they were for port 25: more smtpd processes, which the session time has to be known for, or postscreen.',
      facts: [listenOverflows],
      source: 'each dropped SYN costs its client 1 s (measured); STRESS_README',
      effect: 'No client waits a second and more for its first greeting.',
      sure: 'measured',
    }),
  ];
}
