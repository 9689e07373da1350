import type { PostfixHost, QueueOutcome } from '@postern/controller';
import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { askBeforeChange } from '../../host/apply.ts';
import { printJson, type Io } from '../../io.ts';
import { printMessage, printOutcome } from '../../print/queue.ts';
import type { AddCommands } from '../../program.ts';
import { orSayHowFar } from './interrupted.ts';
import {
  addSelectorOptions,
  liveLine,
  openQueueHost,
  queueCommand,
  selectorOf,
  type QueueFlags,
  type SelectorFlags,
} from './options.ts';

const actions = {
  hold: 'keep messages from being delivered until they are released',
  release: 'let messages on hold go again',
  requeue: 'send messages through rewriting and routing again',
  delete: 'delete messages; for a week that can be undone',
  flush: 'try messages now, each by itself (at most a thousand)',
} as const;

type Action = keyof typeof actions;

interface ActFlags extends QueueFlags, SelectorFlags {
  readonly dryRun?: boolean;
  readonly all?: boolean;
  readonly held?: string;
  readonly undo?: boolean;
  readonly pace?: string;
}

export const addActions: AddCommands = (queue, { io, action }) => {
  for (const [name, description] of Object.entries(actions) as [Action, string][]) {
    const command = addSelectorOptions(queueCommand(queue, name, description))
      .option('--dry-run', 'only count, and show some of them')
      .option('-y, --yes', 'do not ask');
    if (name === 'release')
      command.option('--pace <n>', 'let so many a second fall due instead of each when it was due');
    if (name === 'delete') {
      command
        .option('--held <id>', 'what this hold has put on hold and is on hold still')
        .option('--all', 'everything, where nothing is selected')
        .option('--no-undo', 'free the disk at once; nothing brings them back');
    }
    command
      .addHelpText(
        'after',
        `\nExample:\n  postern queue ${name} ssh://root@mail.example.no --sender "<>" --older-than 4h`,
      )
      .action(action(async (target: string, flags: ActFlags) => act(io, name, target, flags)));
  }
};

async function act(io: Io, name: Action, target: string, flags: ActFlags): Promise<ExitCode> {
  const selector = await selectorOf(flags);
  const pace = flags.pace === undefined ? undefined : Number(flags.pace);
  if (pace !== undefined && !(pace > 0))
    throw new CommandError('usage', `--pace ${flags.pace}: write messages a second`);
  if (name === 'delete' && Object.keys(selector).length === 0 && flags.held === undefined && !flags.all)
    throw new CommandError(
      'usage',
      'nothing is selected, and that is everything; say --all to delete all mail',
    );
  await using host = await openQueueHost(io, target, flags);
  const live = liveLine(io, flags);
  if (flags.held === undefined) {
    live.show('counting');
    const found = await host.queue.count(selector, { signal: io.signal });
    live.clear();
    if (flags.dryRun || (flags.json && !flags.yes)) {
      if (flags.json) printJson(io, { target, action: name, dryRun: true, ...found });
      else {
        io.out(`${found.count} messages would be meant\n`);
        for (const message of found.samples) printMessage(io, message);
      }
      return found.count === 0 ? exitCode.clean : exitCode.findings;
    }
    if (found.count === 0) {
      if (flags.json) printJson(io, { target, action: name, total: 0, done: 0, skipped: {} });
      else io.out('No message is so; nothing was done.\n');
      return exitCode.clean;
    }
    if (!flags.json) {
      io.out(`${found.count} messages, ${(found.size / 2 ** 20).toFixed(1)} MB, for example\n`);
      for (const message of found.samples.slice(0, 5)) printMessage(io, message);
    }
    await askBeforeChange(io, flags, `${name} ${found.count} messages on ${host.name}?`);
  } else {
    if (flags.dryRun)
      throw new CommandError('usage', '--held names what was counted already; leave out --dry-run');
    await askBeforeChange(io, flags, `Delete what ${flags.held} has put on hold on ${host.name}?`);
  }
  const outcome = await orSayHowFar(io, target, host, () => perform(host));
  live.clear();
  if (flags.json) printJson(io, { target, ...outcome });
  else printOutcome(io, target, outcome);
  return (outcome.skipped.refused ?? 0) === 0 ? exitCode.clean : exitCode.findings;

  function perform({ queue }: PostfixHost): Promise<QueueOutcome> {
    const options = {
      signal: io.signal,
      onProgress: ({ dealtWith, total }: { dealtWith: number; total: number }) =>
        live.show(`${name}: ${dealtWith} of ${total}`),
    };
    const keep = { ...options, keep: flags.undo !== false };
    if (flags.held !== undefined) return queue.deleteHeld(flags.held, keep);
    if (name === 'delete') return queue.delete(selector, keep);
    if (name === 'release')
      return queue.release(selector, { ...options, ...(pace !== undefined && { pace }) });
    return queue[name](selector, options);
  }
}
