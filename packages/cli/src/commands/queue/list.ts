import { exitCode } from '../../exit.ts';
import { printMessage } from '../../print/queue.ts';
import type { AddCommands } from '../../program.ts';
import {
  addSelectorOptions,
  openQueueHost,
  queueCommand,
  selectorOf,
  type QueueFlags,
  type SelectorFlags,
} from './options.ts';

export const addList: AddCommands = (queue, { io, action }) => {
  addSelectorOptions(queueCommand(queue, 'list', 'list the messages of the queue as they are read'))
    .addHelpText('after', '\nExample:\n  postern queue list local --domain example.com --reason "timed out"')
    .action(
      action(async (name: string, flags: QueueFlags & SelectorFlags) => {
        const selector = await selectorOf(flags);
        await using host = await openQueueHost(io, name, flags);
        let first = true;
        // Printed as it comes: a queue may be longer than the memory.
        for await (const message of host.queue.list(selector, { signal: io.signal })) {
          if (flags.json) io.out(`${first ? '[\n' : ',\n'}${JSON.stringify(message)}`);
          else printMessage(io, message);
          first = false;
        }
        if (flags.json) io.out(first ? '[]\n' : '\n]\n');
        return exitCode.clean;
      }),
    );
};
