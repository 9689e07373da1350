import type { AddCommands } from '../program.ts';
import { addActions } from './queue/act.ts';
import { addList } from './queue/list.ts';
import { addQueueHistory, addResume, addUndo } from './queue/record.ts';
import { addSummary } from './queue/summary.ts';
import { addTrace } from './queue/trace.ts';
import { addTriage } from './queue/triage.ts';

/** Every subcommand of `postern queue`, in the order of its help. */
const subcommands = [
  addSummary,
  addList,
  addActions,
  addTriage,
  addTrace,
  addUndo,
  addResume,
  addQueueHistory,
] as const;

export const addQueue: AddCommands = (program, context) => {
  const queue = program
    .command('queue')
    .description('look at the mail queue of a host, act on it, sort a melt-down');
  for (const add of subcommands) add(queue, context);
};
