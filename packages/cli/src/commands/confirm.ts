import { CommandError, exitCode } from '../exit.ts';
import { addLoginOptions, isHost, openHost, type LoginFlags } from '../host-target.ts';
import { printJson } from '../io.ts';
import type { AddCommands } from '../program.ts';

export const addConfirm: AddCommands = (program, { io, action }) => {
  addLoginOptions(
    program
      .command('confirm')
      .description('keep the change that waits on a host, which would be undone without')
      .argument('<target>', '"local" for this machine, or ssh://user@host:port')
      .argument('[id]', 'the change (default: the one that waits)'),
  )
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  postern confirm ssh://root@mail.example.no')
    .action(
      action(
        async (name: string, id: string | undefined, flags: LoginFlags & { readonly json?: boolean }) => {
          if (!isHost(name)) {
            throw new CommandError(
              'usage',
              `${name}: what is applied to a folder waits for nobody; confirm is for "local" and ssh://user@host:port`,
            );
          }
          await using host = await openHost(io, name, flags);
          const confirmed = await host.confirm(id);
          if (flags.json) printJson(io, { target: name, ...confirmed });
          else io.out(`${host.name}: change ${confirmed.id} is confirmed\n`);
          return exitCode.clean;
        },
      ),
    );
};
