import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';

/** Where mail is on its way; what is in `deferred` or `hold` waits for somebody. */
const onTheWay = ['maildrop', 'incoming', 'active'];

/** Waits until no message is on its way any more. */
export async function queueSettled(lab: Lab, within = 20_000): Promise<void> {
  const deadline = Date.now() + within;
  while (onTheWay.some((queue) => queued(lab, queue))) {
    if (Date.now() > deadline) throw new Error(`mail is still on its way after ${within} ms`);
    await sleep(20);
  }
}

function queued(lab: Lab, queue: string): boolean {
  const entries = readdirSync(lab.path(`/var/spool/postfix/${queue}`), {
    recursive: true,
    withFileTypes: true,
  });
  return entries.some((entry) => entry.isFile());
}
