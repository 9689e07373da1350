import type { AddCommands } from '../program.ts';
import { addCheck } from './config/check.ts';
import { addConvert } from './config/convert.ts';
import { addDiff } from './config/diff.ts';
import { addSet, addUnset } from './config/edit.ts';
import { addEffective } from './config/effective.ts';
import { addExplain } from './config/explain.ts';
import { addGet } from './config/get.ts';
import { addMerge } from './config/merge.ts';

/** Every subcommand of `postern config`, in the order of its help. */
const subcommands = [
  addGet,
  addSet,
  addUnset,
  addExplain,
  addCheck,
  addEffective,
  addDiff,
  addMerge,
  addConvert,
] as const;

export const addConfig: AddCommands = (program, context) => {
  const config = program
    .command('config')
    .description('read, change, check and compare main.cf and master.cf');
  for (const add of subcommands) add(config, context);
};
