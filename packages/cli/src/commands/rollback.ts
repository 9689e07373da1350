import { exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import type { AddCommands } from '../program.ts';
import { targetFolder } from '../target.ts';

export const addRollback: AddCommands = (program, { io, action }) => {
  program
    .command('rollback')
    .description('put a folder back, byte for byte, to how it was before an apply')
    .argument('<target>', 'a folder with main.cf, or "local" for /etc/postfix')
    .argument('[id]', 'the apply to undo, with everything after it (default: the latest)')
    .option('--force', 'also when somebody else changed the files since; a backup of theirs is kept')
    .option('--json', 'print one JSON document')
    .action(
      action(
        async (
          name: string,
          id: string | undefined,
          flags: { readonly force?: boolean; readonly json?: boolean },
        ) => {
          const { rollbackFolder } = await import('@postern/controller');
          const directory = targetFolder(io, name);
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
