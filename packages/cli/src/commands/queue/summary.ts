import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCode, CommandError } from '../../exit.ts';
import { printJson } from '../../io.ts';
import { printSummary, summarySvg } from '../../print/queue.ts';
import type { AddCommands } from '../../program.ts';
import {
  addSelectorOptions,
  openQueueHost,
  queueCommand,
  selectorOf,
  type QueueFlags,
  type SelectorFlags,
} from './options.ts';

export const addSummary: AddCommands = (queue, { io, action }) => {
  addSelectorOptions(queueCommand(queue, 'summary', 'count the queue by domain and age, sender and reason'))
    .option('--top <n>', 'how many of each kind to print', '15')
    .option('--svg <file>', 'write the ages as a picture')
    .addHelpText('after', '\nExample:\n  postern queue summary ssh://root@mail.example.no --older-than 1h')
    .action(
      action(
        async (
          name: string,
          flags: QueueFlags & SelectorFlags & { readonly top: string; readonly svg?: string },
        ) => {
          if (!/^\d+$/.test(flags.top)) throw new CommandError('usage', `--top ${flags.top}: write a number`);
          const selector = await selectorOf(flags);
          await using host = await openQueueHost(io, name, flags);
          const summary = await host.queue.summary(selector, { signal: io.signal });
          if (flags.svg !== undefined) await writeFile(resolve(io.cwd, flags.svg), await summarySvg(summary));
          const { ageLabels } = await import('@postern/controller');
          if (flags.json) printJson(io, summary);
          else printSummary(io, summary, ageLabels, Number(flags.top));
          return exitCode.clean;
        },
      ),
    );
};
