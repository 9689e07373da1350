import type { QueueOutcome, TriageGroup } from '@postern/controller';
import { exitCode } from '../../exit.ts';
import { askBeforeChange } from '../../host/apply.ts';
import { printJson } from '../../io.ts';
import { printOutcome, printTriage } from '../../print/queue.ts';
import type { AddCommands } from '../../program.ts';
import { orSayHowFar } from './interrupted.ts';
import { liveLine, openQueueHost, queueCommand, type QueueFlags } from './options.ts';

interface TriageFlags extends QueueFlags {
  readonly hold?: boolean;
  readonly release?: boolean;
}

export const addTriage: AddCommands = (queue, { io, action }) => {
  queueCommand(queue, 'triage', 'tell backscatter from legitimate mail, and name what fills the queue')
    .option('--hold', 'put the backscatter on hold; delete it after a look: postern queue delete --held')
    .option('--release', 'let legitimate mail on hold go, at the pace that is named')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples, in a melt-down:\n  postern queue triage local --hold\n  postern queue list local --queue hold\n  postern queue delete local --held 20261123T101112Z-1a2b3c',
    )
    .action(
      action(async (name: string, flags: TriageFlags) => {
        await using host = await openQueueHost(io, name, flags);
        const live = liveLine(io, flags);
        const triage = await host.queue.triage({
          signal: io.signal,
          onProgress: ({ step, done, total }) =>
            live.show(`${step}: ${done}${total === undefined ? '' : ` of ${total}`}`),
        });
        live.clear();
        if (!flags.json) printTriage(io, triage);
        const options = {
          signal: io.signal,
          onProgress: ({ dealtWith, total }: { dealtWith: number; total: number }) =>
            live.show(`${dealtWith} of ${total}`),
        };
        let held: QueueOutcome | undefined;
        let released: QueueOutcome | undefined;
        const { backscatter, release, pace } = triage;
        const loose = backscatter.messages.filter(({ queue: where }) => where !== 'hold');
        if (flags.hold && loose.length > 0) {
          await askBeforeChange(io, flags, `Hold ${loose.length} messages of backscatter on ${host.name}?`);
          held = await orSayHowFar(io, name, host, () => host.queue.hold(loose, options));
          live.clear();
        }
        if (flags.release && release.length > 0) {
          await askBeforeChange(
            io,
            flags,
            `Release ${release.length} legitimate messages at ${pace.perSecond} a second?`,
          );
          released = await orSayHowFar(io, name, host, () =>
            host.queue.release(release, { ...options, pace: pace.perSecond }),
          );
          live.clear();
        }
        if (flags.json) {
          printJson(io, {
            target: name,
            ...triage,
            backscatter: counted(triage.backscatter),
            legitimate: counted(triage.legitimate),
            unsure: counted(triage.unsure),
            release: release.map(({ id }) => id),
            ...(held && { held }),
            ...(released && { released }),
          });
        } else {
          for (const outcome of [held, released]) if (outcome) printOutcome(io, name, outcome);
          if (held) io.out(`After a look at it: postern queue delete ${name} --held ${held.id}\n`);
          else if (loose.length > 0) io.out(`\nHold it: postern queue triage ${name} --hold\n`);
        }
        const left = held === undefined ? loose.length : held.total - held.done;
        return left === 0 && (triage.causes.length === 0 || held !== undefined)
          ? exitCode.clean
          : exitCode.findings;
      }),
    );
};

/** The ids are there for scripts; all else about a message is in the list. */
function counted({ messages, ...group }: TriageGroup): object {
  return { ...group, ids: messages.map(({ id }) => id) };
}
