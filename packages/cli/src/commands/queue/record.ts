import { CommandError, exitCode } from '../../exit.ts';
import { askBeforeChange } from '../../host/apply.ts';
import { printJson } from '../../io.ts';
import { printOutcome, shown } from '../../print/queue.ts';
import type { AddCommands } from '../../program.ts';
import { orSayHowFar } from './interrupted.ts';
import { liveLine, openQueueHost, queueCommand, type QueueFlags } from './options.ts';

export const addUndo: AddCommands = (queue, { io, action }) => {
  queueCommand(queue, 'undo', 'undo what a hold, release or delete did, and nothing else')
    .argument('[id]', 'which; the last that can be undone when left out')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  postern queue undo ssh://root@mail.example.no')
    .action(
      action(async (name: string, id: string | undefined, flags: QueueFlags) => {
        await using host = await openQueueHost(io, name, flags);
        const history = await host.queue.history();
        const last = history.findLast(
          ({ action: what, phase }) => phase !== 'undone' && /^(?:hold|release|delete)$/.test(what),
        );
        const record = id === undefined ? last : history.find((each) => each.id === id);
        if (record === undefined)
          throw new CommandError(
            'unknown',
            `${host.name}: there is no queue action ${id ?? 'that could be undone'}; see postern queue history ${name}`,
          );
        await askBeforeChange(
          io,
          flags,
          `Undo the ${record.action} of ${record.done} messages (${shown(record.what)}, ${record.at})?`,
        );
        const live = liveLine(io, flags);
        const outcome = await orSayHowFar(io, name, host, () =>
          host.queue.undo(record.id, {
            signal: io.signal,
            onProgress: ({ dealtWith, total }) => live.show(`undo: ${dealtWith} of ${total}`),
          }),
        );
        live.clear();
        if (flags.json) printJson(io, { target: name, ...outcome });
        else printOutcome(io, name, outcome);
        return outcome.done === outcome.total ? exitCode.clean : exitCode.findings;
      }),
    );
};

export const addResume: AddCommands = (queue, { io, action }) => {
  queueCommand(queue, 'resume', 'finish an action that was cut short')
    .addHelpText('after', '\nExample:\n  postern queue resume ssh://root@mail.example.no')
    .action(
      action(async (name: string, flags: QueueFlags) => {
        await using host = await openQueueHost(io, name, flags);
        const live = liveLine(io, flags);
        const outcome = await orSayHowFar(io, name, host, () =>
          host.queue.resume({
            signal: io.signal,
            onProgress: ({ dealtWith, total }) => live.show(`${dealtWith} of ${total}`),
          }),
        );
        live.clear();
        if (flags.json)
          printJson(io, outcome ? { target: name, ...outcome } : { target: name, total: 0, done: 0 });
        else if (outcome) printOutcome(io, name, outcome);
        else io.out('Nothing was cut short.\n');
        return exitCode.clean;
      }),
    );
};

export const addQueueHistory: AddCommands = (queue, { io, action }) => {
  queueCommand(queue, 'history', 'what was done to the queue')
    .addHelpText('after', '\nExample:\n  postern queue history ssh://root@mail.example.no --json')
    .action(
      action(async (name: string, flags: QueueFlags) => {
        await using host = await openQueueHost(io, name, flags);
        const history = await host.queue.history();
        if (flags.json) printJson(io, history);
        else
          for (const { id, action: what, phase, done, total, what: selected } of history)
            io.out(`${id}  ${phase.padEnd(7)} ${what}: ${done} of ${total} (${shown(selected)})\n`);
        return history.some(({ phase }) => phase === 'open') ? exitCode.findings : exitCode.clean;
      }),
    );
};
