import { legal } from './settings.ts';
import { change, say, type Adviser } from './recommendation.ts';

const source = 'TUNING_README; qmgr(8); docs/benchmarks.md';
/** What a stranger's server is given at most, as Postfix has it by default. */
const polite = 20;

/** How many connections at once each large destination gets. */
export const adviseDestinations: Adviser = ({ settings, workload }) => {
  const byTransport = Map.groupBy(workload.destinations ?? [], ({ transport = 'smtp' }) => transport);
  return [...byTransport].map(([transport, destinations]) => {
    const name = `${transport}_destination_concurrency_limit`;
    const needs = destinations.map((destination) => ({
      ...destination,
      needed: Math.ceil(1.3 * destination.messagesPerSecond * destination.deliverySeconds),
    }));
    const greatest = needs.reduce((a, b) => (b.needed > a.needed ? b : a));
    const current =
      settings.number(name) ?? settings.number('default_destination_concurrency_limit') ?? polite;
    const allowed = greatest.own ? greatest.needed : Math.min(greatest.needed, polite);
    const fields = {
      id: `${transport}-concurrency`,
      subject: name,
      formula: `1.3 × ${greatest.messagesPerSecond} messages/s × ${greatest.deliverySeconds} s = ${greatest.needed}`,
      facts: needs.map(
        (each) => `${each.nexthop}: ${each.messagesPerSecond} messages/s of ${each.deliverySeconds} s`,
      ),
      source,
    };
    // 0 is no limit.
    if (current === 0 || allowed <= current) {
      const message =
        greatest.needed > allowed
          ? `${greatest.nexthop} would need ${greatest.needed} connections at once. It is not yours: more than ${polite} get you blocked. Ask its owner; the rest waits in the queue.`
          : `${current === 0 ? 'Any number of' : current} connections to one destination are enough for ${greatest.needed}.`;
      return say(greatest.needed > allowed ? 'keep' : 'already-so', { ...fields, message });
    }
    const value = legal(name, allowed, settings.version);
    return change(
      {
        ...fields,
        message: `${greatest.nexthop} takes ${greatest.deliverySeconds} s for a message; ${current} connections carry ${Math.floor(current / greatest.deliverySeconds)} messages/s.`,
        effect: `Expect up to ${(value / current).toFixed(1)} times for this destination if it bears that (measured with 1 s a message: 1.5 to 2 times from 20 to 50, 78 and 100).`,
        sure: 'measured',
      },
      (because) => [{ type: 'set-parameter', name, value: String(value), because }],
    );
  });
};
