import { exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import type { AddCommands } from '../program.ts';
import { addLoginOptions, isHost, targetHelp, type LoginFlags } from '../host-target.ts';
import { showHostStatus } from '../host/status.ts';
import { targetFolder } from '../target.ts';

export const addStatus: AddCommands = (program, { io, action }) => {
  addLoginOptions(
    program
      .command('status')
      .description('what was applied to a folder or host, what differs from it by now, and how a host is')
      .argument('<target>', targetHelp),
  )
    .option('--prometheus', 'on a host: print it in the text format of Prometheus')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  postern status /etc/postfix\n  postern status ssh://root@mail.example.no --prometheus',
    )
    .action(
      action(
        async (
          name: string,
          flags: LoginFlags & { readonly json?: boolean; readonly prometheus?: boolean },
        ) => {
          if (isHost(name)) return await showHostStatus(io, name, flags);
          const { folderStatus } = await import('@postern/controller/folder');
          const { renderDiff } = await import('@postern/plan');
          const status = await folderStatus(targetFolder(io, name, flags));
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
        },
      ),
    );
};
