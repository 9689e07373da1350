import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError, exitCode } from '../exit.ts';
import { targetHelp } from '../host-target.ts';
import type { Io } from '../io.ts';
import type { AddCommands } from '../program.ts';
import { withWorld, type WorldOptions } from '../simulation.ts';
import { addTargetOptions, openTarget, type Target, type TargetFlags } from '../target.ts';
import type { TextConfiguration } from '../web/target-site.ts';
import type { TuningLook } from '../web/tuning-plots.ts';

interface WebOptions extends WorldOptions, TargetFlags {
  readonly port: string;
  readonly facts?: string;
}

export const addWeb: AddCommands = (program, { io, action }) => {
  addTargetOptions(
    program
      .command('web')
      .description('show a host on a page for this machine: audit, way of mail, simulator, queue, tuning')
      .argument('<target>', targetHelp),
  )
    .option('--port <number>', 'the port on 127.0.0.1 (default: one that is free)', '0')
    .option('--facts <file>', 'output of the tuning probe, recorded on the host (default: look at the host)')
    .option('--dns <file>', 'a JSON file with all the DNS there is (default: ask the system)')
    .option('--interfaces <list>', "the host's addresses, as 192.0.2.25/24,2001:db8::25/64")
    .option('--hostname <name>', "the host's name")
    .addHelpText(
      'after',
      '\nThe page is for this machine alone, and only for who has the address that is printed. It changes nothing.\n' +
        'Ctrl-C ends it.\n' +
        '\nExamples:\n' +
        '  postern web /etc/postfix\n' +
        '  postern web ssh://root@mail.example.no',
    )
    .action(
      action(async (name: string, options: WebOptions) => {
        const port = Number(options.port);
        if (!Number.isInteger(port) || port < 0 || port > 65_535)
          throw new CommandError(
            'usage',
            `--port ${options.port} is no port: write a number from 1 to 65535`,
          );
        await using target = openTarget(io, name, options);
        // What cannot be read is said here, and not in a page.
        await target.read();
        await withWorld(io, target, options, async (world) => {
          const { serveLocally } = await import('../web/local-server.ts');
          const { targetSite } = await import('../web/target-site.ts');
          const site = targetSite({
            name,
            world,
            configuration: async () => {
              const { configuration, folder } = await target.read();
              const { 'main.cf': main = '', 'master.cf': master = '' } = folder.files;
              return { ...configuration, main, master };
            },
            queue: async () => (await target.host()).queue.summary({}, { signal: io.signal }),
            tuning: (configuration) => lookAt(io, target, configuration, options.facts),
          });
          await using server = await serveLocally(site, port);
          io.out(`${server.url}\n`);
          if (io.terminal) io.err('Open this address in a browser on this machine. Ctrl-C ends it.\n');
          await untilAborted(io.signal);
        });
        return exitCode.clean;
      }),
    );
};

async function lookAt(
  io: Io,
  target: Target,
  { main, master, version }: TextConfiguration,
  recorded: string | undefined,
): Promise<TuningLook> {
  const { capacity, doctor, guideTable, parseFacts, probeScript, recommend } =
    await import('@postern/tuning');
  const output =
    recorded === undefined
      ? await target.runScript(probeScript)
      : await readFile(resolve(io.cwd, recorded), 'latin1');
  const facts = parseFacts(output);
  const config = { main, master, version };
  return {
    table: guideTable(facts),
    bounds: capacity(facts, config),
    diagnoses: doctor(facts, config),
    recommendations: recommend(facts, config).recommendations,
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
