import { exitCode } from '../../exit.ts';
import { printJson } from '../../io.ts';
import type { AddCommands } from '../../program.ts';
import { openQueueHost, queueCommand, type QueueFlags } from './options.ts';

export const addTrace: AddCommands = (queue, { io, action }) => {
  queueCommand(queue, 'trace', 'follow a message, or the mail of an address, through the log to its fate')
    .argument('<what>', 'a queue id, or an address')
    .addHelpText('after', '\nExample:\n  postern queue trace ssh://root@mail.example.no 4gQz3k1Wm5z1Ds')
    .action(
      action(async (name: string, what: string, flags: QueueFlags) => {
        await using host = await openQueueHost(io, name, flags);
        const trace = await host.queue.trace(what, { signal: io.signal });
        if (flags.json) printJson(io, trace);
        else for (const line of trace.words) io.out(`${line}\n`);
        return trace.messages.length + trace.refusals.length > 0 ? exitCode.clean : exitCode.unknown;
      }),
    );
};
