import { exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import type { AddCommands } from '../program.ts';
import { addLoginOptions, isHost, targetHelp, type LoginFlags } from '../host-target.ts';
import { rollBackHost } from '../host/rollback.ts';
import { targetFolder } from '../target.ts';

export const addRollback: AddCommands = (program, { io, action }) => {
  addLoginOptions(
    program
      .command('rollback')
      .description('put a folder or a host back, byte for byte, to how it was before an apply')
      .argument('<target>', targetHelp)
      .argument('[id]', 'the apply to undo, with everything after it (default: the latest)'),
  )
    .option('-y, --yes', 'do not ask before a host is changed')
    .option('--force', 'also when somebody else changed the files since; a backup of theirs is kept')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  postern rollback /etc/postfix && postfix reload\n  postern rollback ssh://root@mail.example.no --yes',
    )
    .action(
      action(
        async (
          name: string,
          id: string | undefined,
          flags: LoginFlags & { readonly force?: boolean; readonly json?: boolean; readonly yes?: boolean },
        ) => {
          if (isHost(name)) return await rollBackHost(io, name, id, flags);
          const { rollbackFolder } = await import('@postern/controller/folder');
          const directory = targetFolder(io, name, flags);
          const result = await rollbackFolder(directory, id, {
            force: flags.force ?? false,
            signal: io.signal,
          });
          if (flags.json) {
            printJson(io, { target: directory, ...result });
          } else {
            if (result.recovered) io.out(`${result.recovered.message}\n`);
            io.out(
              result.status === 'unchanged'
                ? `${directory} is already as it was before ${result.to}\n`
                : `${directory} is as it was before ${result.to}: ${result.changed.join(', ')}\n`,
            );
          }
          return exitCode.clean;
        },
      ),
    );
};
