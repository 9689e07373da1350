/** What local.test.ts runs inside a lab: the whole way of a change, by the driver for this machine. Prints JSON. */
import { localHost } from '@postern/controller';
import { newGreeting } from './stage.ts';

await using host = localHost();
const first = await host.apply(newGreeting());
const again = await host.apply(newGreeting());
const { id } = await host.apply(newGreeting('by hand'), { confirm: 'by-hand', confirmWithin: 60_000 });
const { pending } = await host.probe();
await host.confirm(id);
const { master, drift, history } = await host.status();
const back = await host.rollback(first.id);
console.log(
  JSON.stringify({
    first: { status: first.status, checks: first.checks.map((check) => `${check.id} ${check.status}`) },
    again: again.status,
    pending: { isTheSame: pending?.id === id, watched: pending?.watched },
    status: { runs: master !== undefined, drift, phases: history.map(({ phase }) => phase) },
    back: back.status,
  }),
);
