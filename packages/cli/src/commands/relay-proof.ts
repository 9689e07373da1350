import { exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import { printVerdict } from '../print/verdict.ts';
import type { AddCommands } from '../program.ts';
import { hostWorld } from '../simulation.ts';
import { targetHelp } from '../host-target.ts';
import { addTargetOptions, openTarget, type TargetFlags } from '../target.ts';

interface RelayProofOptions extends TargetFlags {
  readonly interfaces?: string;
  readonly hostname?: string;
  readonly json?: boolean;
}

export const addRelayProof: AddCommands = (program, { io, action }) => {
  addTargetOptions(
    program
      .command('relay-proof')
      .description('prove that a configuration relays for no stranger, or show a transaction that it relays')
      .argument('<target>', targetHelp),
  )
    .option('--interfaces <list>', "the host's addresses, as 192.0.2.25/24,2001:db8::25/64")
    .option('--hostname <name>', "the host's name")
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  postern relay-proof ./etc --hostname mail.example.com --interfaces 192.0.2.25/24\n' +
        '\nThe exit code is 0 when it is closed, 1 when it is open, 3 when that cannot be known.',
    )
    .action(
      action(async (name: string, options: RelayProofOptions) => {
        await using target = openTarget(io, name, options);
        const { configuration } = await target.read();
        const { proveRelay } = await import('@postern/simulator');
        const proof = proveRelay(configuration, await hostWorld(target, options));
        if (options.json) printJson(io, proof);
        if ('open' in proof) {
          if (!options.json) {
            io.out(`Open: a stranger relays (${proof.view}).\n\n`);
            printVerdict(io, proof.verdict);
          }
          return exitCode.findings;
        }
        if ('unknown' in proof) {
          if (!options.json) {
            io.out('Not known: whether a stranger can relay hangs on\n');
            for (const { because, by, service, view } of proof.unknown) {
              const where = by
                ? ` (${by.restriction} in ${by.list}, ${by.file ?? 'default'}${by.line === null ? '' : `:${by.line}`})`
                : '';
              io.out(`  ${because}${where}, for ${service} from the ${view}\n`);
            }
          }
          return exitCode.unknown;
        }
        if (!options.json) {
          io.out('Closed: no stranger can relay.\n');
          const told = new Set<string>();
          for (const { service, view, by } of proof.closed) {
            const where = by.file === null ? 'default' : `${by.file}:${by.line}`;
            const line = `  ${service} from the ${view}: ${by.restriction} in ${by.list} (${where})\n`;
            if (!told.has(line)) io.out(line);
            told.add(line);
          }
          if (proof.trusted.length > 0) io.out(`Meant to relay: ${proof.trusted.join(', ')}\n`);
        }
        return exitCode.clean;
      }),
    );
};
