/**
 * A controller in a process of its own, to be killed:
 *
 *     node --expose-gc controller.ts INVENTORY JOURNAL begin|resume
 *
 * Prints the events but for steps, and the size of the heap after each hundredth host.
 */
import { writeSync } from 'node:fs';
import { inProcess, readInventory, rollout } from '@postern/fleet';
import { connectToSimulated, greetAs } from './client.ts';
import { thousandStrategy } from './strategy.ts';

const [inventory = '', journal = '', how] = process.argv.slice(2);
const { hosts } = await readInventory(inventory);
const run = rollout({
  hosts,
  plan: greetAs('first'),
  label: 'a greeting',
  strategy: thousandStrategy,
  resume: how === 'resume',
  runner: inProcess({ journal, concurrency: 16, connect: connectToSimulated }),
});
let ended = 0;
for await (const event of run) {
  if (event.type === 'step') continue;
  writeSync(1, `${JSON.stringify(event)}\n`);
  if (event.type !== 'ended' || ++ended % 100 !== 0) continue;
  globalThis.gc?.();
  writeSync(1, `${JSON.stringify({ type: 'heap', ended, bytes: process.memoryUsage().heapUsed })}\n`);
}
