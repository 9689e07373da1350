/**
 * The rollout that is measured, as a program of its own:
 *
 *     node rollout.ts INVENTORY ROUND
 */
import { connectTo, inProcess, readInventory, rollout } from '@postern/fleet';
import { settings } from './settings.ts';

const [inventory = '', round = ''] = process.argv.slice(2);
const { hosts } = await readInventory(inventory);
const because = { why: 'The guide says so.', source: 'the guide', versions: 'all' };
const run = rollout({
  hosts,
  strategy: { canary: 0 },
  plan: ({ host, config }) => ({
    target: { name: host.name, postfix: config.version },
    checks: [{ id: 'greeting', description: 'Port 25 greets' }],
    changes: Object.entries(settings(round)).map(([name, value]) => ({
      type: 'set-parameter',
      name,
      value,
      because,
    })),
  }),
  runner: inProcess({
    concurrency: 20,
    journal: `${inventory}.${Date.now()}.jsonl`,
    connect: (host) => connectTo(host, { configFile: false, agent: false }),
  }),
});
for await (const event of run)
  if (event.type === 'ended' && event.message !== undefined) console.error(event.message);
process.exitCode = run.report().counts.applied === hosts.length ? 0 : 1;
