import { setTimeout as wait } from 'node:timers/promises';

/** Posts an event as JSON. A webhook that is down is tried again, and never ends the watch. */
export async function callWebhook(url: string, event: object, tries = 3): Promise<boolean> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    try {
      const { ok, status } = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event),
        signal: AbortSignal.timeout(10_000),
      });
      if (ok) return true;
      console.error(`the webhook answers ${status}`);
    } catch (error) {
      console.error(`the webhook cannot be reached: ${String(error)}`);
    }
    if (attempt < tries) await wait(attempt * 500);
  }
  return false;
}
