import { valueOf } from '../facts/fact.ts';
import { change, say, type Adviser } from './recommendation.ts';

/** What the queue manager and cleanup(8) do by themselves, and what to leave alone. */
export const adviseQueueManager: Adviser = ({ settings, facts, workload }) => {
  const { active, incoming } = facts.queue.messages;
  const limit = settings.number('qmgr_message_active_limit') ?? 20_000;
  const full = (valueOf(active) ?? 0) >= 0.9 * limit;
  const delay = settings.seconds('in_flow_delay');
  const wanted = workload.incomingGrows === true && !full ? 10 : 1;
  const flow = {
    id: 'in-flow-delay',
    subject: 'in_flow_delay',
    facts: [incoming, active],
    source:
      'postconf(5) in_flow_delay; QSHAPE_README; five paired runs of 0 s against 1 s: 0.65 to 1.39 times, median 0.75',
  };
  return [
    say(settings.isDefault('qmgr_message_active_limit') ? 'default' : 'keep', {
      id: 'active-limit',
      subject: 'qmgr_message_active_limit',
      message: full
        ? 'The active queue is full. A larger one moves the jam and costs memory: find the destination or filter that is slow.'
        : `There is room in the active queue (${limit}); a larger one changes nothing.`,
      facts: [active],
      source: 'QSHAPE_README, the active queue',
    }),
    delay === undefined || delay === wanted || (delay > 0 && wanted === 1 && delay <= 10)
      ? say(delay === 1 ? 'default' : 'already-so', {
          ...flow,
          message: 'New mail waits a little while the queue manager is behind; 0 was slower.',
        })
      : change(
          {
            ...flow,
            message:
              wanted === 10
                ? 'Mail arrives faster than the queue manager takes it up, and the active queue has room: slow the arrival down.'
                : 'Without (or with too long) a delay new mail pushes the mail that is being delivered aside.',
            formula:
              wanted === 10
                ? '10 s, the most that is allowed, while incoming grows and active is not full'
                : '1 s, the default',
            effect: 'Uncertain: 0.75 times without the delay in the median of five runs, 0.65 to 1.39.',
            sure: 'measured',
          },
          (because) => [{ type: 'set-parameter', name: 'in_flow_delay', value: `${wanted}s`, because }],
        ),
    say(settings.isDefault('hash_queue_names') ? 'default' : 'keep', {
      id: 'hash-queue-names',
      subject: 'hash_queue_names',
      message: 'Modern file systems find a file in a large folder fast; hashing more queues changes nothing.',
      source: '50,000 messages are scanned in 0.2 s of CPU (measured)',
    }),
  ];
};
