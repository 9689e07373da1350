import { CommandError, exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import { printVerdict } from '../print/verdict.ts';
import type { AddCommands } from '../program.ts';
import { withWorld, type WorldOptions } from '../simulation.ts';
import { targetHelp } from '../host-target.ts';
import { addTargetOptions, openTarget, type TargetFlags } from '../target.ts';

interface SimulateOptions extends WorldOptions, TargetFlags {
  readonly service: string;
  readonly client: string;
  readonly clientName?: string;
  readonly helo?: string;
  readonly from?: string;
  readonly to?: string[];
  readonly user?: string;
  readonly tls?: boolean;
  readonly size?: string;
  readonly etrn?: string;
  readonly vrfy?: string;
  readonly json?: boolean;
}

export const addSimulate: AddCommands = (program, { io, action }) => {
  addTargetOptions(
    program
      .command('simulate')
      .description('say what a client would get from a configuration, and which line decides')
      .argument('<target>', targetHelp),
  )
    .option('--service <name>', 'the service of master.cf that the client reaches', 'smtp')
    .requiredOption('--client <address>', "the client's IP address")
    .option('--client-name <name>', 'its verified host name, or "unknown" (default: what DNS says)')
    .option('--helo <name>', 'the name given with EHLO')
    .option('--from <address>', 'the envelope sender; "" is the null sender')
    .option('--to <address...>', 'the envelope recipients')
    .option('--user <name>', 'the login name, after a successful AUTH')
    .option('--tls', 'the session is encrypted')
    .option('--size <bytes>', 'the size of the message')
    .option('--etrn <domain>', 'send ETRN')
    .option('--vrfy <address>', 'send VRFY')
    .option('--dns <file>', 'a JSON file with all the DNS there is (default: ask the system)')
    .option('--interfaces <list>', "the host's addresses, as 192.0.2.25/24,2001:db8::25/64")
    .option('--hostname <name>', "the host's name")
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  postern simulate /etc/postfix --client 192.0.2.7 --helo mx.example.org --from a@example.org --to info@example.com\n' +
        '  postern simulate ./etc --service submission --client 192.0.2.7 --user kari --tls --from kari@example.com --to b@example.org\n' +
        '\nThe exit code is 0 when the mail is accepted, 1 when it is not, 3 when that cannot be known.',
    )
    .action(
      action(async (name: string, options: SimulateOptions) => {
        if (options.size !== undefined && !/^\d{1,15}$/.test(options.size))
          throw new CommandError('usage', `--size ${options.size} is no number of bytes`);
        const { isIP } = await import('node:net');
        if (isIP(options.client) === 0)
          throw new CommandError('usage', `--client ${options.client} is no IP address`);
        await using target = openTarget(io, name, options);
        const { configuration } = await target.read();
        const { simulate } = await import('@postern/simulator');
        const transaction = {
          service: options.service,
          client: { address: options.client, name: options.clientName },
          helo: options.helo,
          user: options.user,
          tls: options.tls,
          from: options.from,
          to: options.to,
          size: options.size === undefined ? undefined : Number(options.size),
          etrn: options.etrn,
          vrfy: options.vrfy,
          data: true,
        };
        return await withWorld(io, target, options, async (world) => {
          const verdict = await simulate(configuration, transaction, world);
          if (options.json) printJson(io, verdict);
          else printVerdict(io, verdict);
          if (verdict.outcome === 'unknown') return exitCode.unknown;
          return verdict.outcome === 'accept' ? exitCode.clean : exitCode.findings;
        });
      }),
    );
};
