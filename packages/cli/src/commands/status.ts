import { exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import type { AddCommands } from '../program.ts';
import { targetFolder } from '../target.ts';

export const addStatus: AddCommands = (program, { io, action }) => {
  program
    .command('status')
    .description('what was applied to a folder, and what differs from it by now')
    .argument('<target>', 'a folder with main.cf, or "local" for /etc/postfix')
    .option('--json', 'print one JSON document')
    .action(
      action(async (name: string, flags: { readonly json?: boolean }) => {
        const { folderStatus } = await import('@postern/controller');
        const { renderDiff } = await import('@postern/plan');
        const status = await folderStatus(targetFolder(io, name));
        const drift = status.drift.map(({ left, now, ...rest }) => ({
          ...rest,
          ...(left !== undefined &&
            now !== undefined && { diff: renderDiff({ [rest.path]: left }, { [rest.path]: now }) }),
        }));
        if (flags.json) {
          printJson(io, { ...status, drift });
        } else {
          if (status.interrupted)
            io.out('An earlier change was cut short; the next apply or rollback deals with it.\n');
          if (status.history.length === 0) io.out('Nothing was applied here.\n');
          for (const { id, kind, at, files } of status.history)
            io.out(`${id}  ${at}  ${kind}  ${files.map(({ path }) => path).join(', ')}\n`);
          for (const { path, what, changedAt, diff } of drift) {
            io.out(
              `\n${path}: ${what.join(', ')} changed since${changedAt === undefined ? '' : ` (${changedAt})`}\n`,
            );
            if (diff !== undefined) io.out(diff);
          }
        }
        return drift.length === 0 && !status.interrupted ? exitCode.clean : exitCode.findings;
      }),
    );
};
