import { json } from 'node:stream/consumers';
import { localHost, type KnownMessage } from '@postern/controller';

/** What the bench of the queue runs in a process of its own: one call, how long it took, and the most memory there was. */
const messages = (await json(process.stdin)) as KnownMessage[];
const { queue } = localHost();
const start = performance.now();
if (process.argv[2] === 'summary') {
  const { total } = await queue.summary();
  if (total !== 50_000) throw new Error(`${total} messages were summarised`);
} else {
  const { done } = await queue.delete(messages);
  if (done !== messages.length) throw new Error(`${done} messages were deleted`);
}
const milliseconds = performance.now() - start;
process.stdout.write(JSON.stringify({ milliseconds, megabytes: process.resourceUsage().maxRSS / 1024 }));
