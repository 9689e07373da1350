import type { PostfixHost } from '@postern/controller';
import { CommandError } from '../../exit.ts';
import type { Io } from '../../io.ts';

/**
 * Does something to a queue. Where Ctrl-C ends it, the host is asked how far it came, and what to do is said.
 *
 * @throws CommandError when it was ended; else what the work throws
 */
export async function orSayHowFar<T>(
  io: Io,
  target: string,
  { queue, name }: PostfixHost,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!io.signal.aborted) throw error;
    const open = (await queue.history()).findLast(({ phase }) => phase === 'open');
    if (open === undefined) throw new CommandError('unknown', `stopped; no action on ${name} is open`);
    throw new CommandError(
      'unknown',
      `stopped: ${open.action} ${open.id} on ${name} had come to ${open.dealtWith} of ${open.total} messages, and the batch after them may still come to its end. ` +
        `Finish it: postern queue resume ${target}. Undo what was done: postern queue undo ${target} ${open.id}`,
      { cause: error },
    );
  }
}
