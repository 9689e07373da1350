/**
 * A coordinator in a process of its own, to be killed:
 *
 *     node coordinator.ts INVENTORY REDIS begin|resume
 */
import { onBullmq, readInventory, rollout } from '@postern/fleet';
import { thousandStrategy } from './strategy.ts';

const [inventory = '', url = '', how] = process.argv.slice(2);
const { hosts } = await readInventory(inventory);
const run = rollout({
  hosts,
  plan: { name: 'greeting', input: 'first' },
  label: 'a greeting',
  strategy: thousandStrategy,
  resume: how === 'resume',
  runner: onBullmq({ url }),
});
for await (const event of run)
  if (event.type === 'wave' || event.type === 'finished') process.stdout.write(`${event.type}\n`);
