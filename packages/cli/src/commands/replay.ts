import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Summary } from '@postern/simulator';
import { CommandError, exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import type { AddCommands } from '../program.ts';
import { withWorld, type WorldOptions } from '../simulation.ts';
import { targetHelp } from '../host-target.ts';
import { addTargetOptions, openTarget, readTarget, type TargetFlags } from '../target.ts';

/** What a compressed log may come to, in bytes: what one text can hold. */
const largestLog = 500_000_000;

interface ReplayOptions extends WorldOptions, TargetFlags {
  readonly log: string;
  readonly json?: boolean;
}

export const addReplay: AddCommands = (program, { io, action }) => {
  addTargetOptions(
    program
      .command('replay')
      .description('run the envelopes of a mail log through two configurations and tell what changes')
      .argument('<before>', targetHelp)
      .argument('<after>', 'likewise'),
  )
    .requiredOption('--log <file>', 'a Postfix log, also a compressed one (.gz); - is standard input')
    .option('--dns <file>', 'a JSON file with all the DNS there is (default: ask the system)')
    .option('--interfaces <list>', "the host's addresses, as 192.0.2.25/24,2001:db8::25/64")
    .option('--hostname <name>', "the host's name")
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  postern replay /etc/postfix ./new --log /var/log/mail.log')
    .action(
      action(async (before: string, after: string, options: ReplayOptions) => {
        await using target = openTarget(io, before, options);
        const [old, now] = [await target.read(), await readTarget(io, after, options)];
        const log = await readLogFile(options.log);
        const { replay } = await import('@postern/simulator');
        return await withWorld(io, target, options, async (world) => {
          const result = await replay(log, old.configuration, now.configuration, world);
          if (options.json) printJson(io, result);
          else {
            for (const { line, message } of result.problems)
              io.err(`postern: ${options.log}:${line}: ${message}\n`);
            io.out(`${result.envelopes} envelopes, ${result.same} fare alike\n`);
            for (const change of result.changes) {
              io.out(
                `\n${change.count} ×\n  before  ${short(change.before)}\n  after   ${short(change.after)}\n`,
              );
              for (const { line, transaction } of change.examples)
                io.out(
                  `    ${options.log}:${line}: ${transaction.client.address} <${transaction.from}> → ${(transaction.to ?? []).join(', ')}\n`,
                );
            }
          }
          if (result.envelopes === 0) return exitCode.unknown;
          return result.changes.length === 0 ? exitCode.clean : exitCode.findings;
        });
      }),
    );

  async function readLogFile(name: string): Promise<string> {
    if (name === '-') return io.readInput();
    const path = resolve(io.cwd, name);
    const bytes = await readFile(path).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CommandError('unknown', `cannot read ${path}: ${reason}`, { cause });
    });
    // A rotated log, as logrotate leaves it.
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('latin1');
    try {
      return gunzipSync(bytes, { maxOutputLength: largestLog }).toString('latin1');
    } catch (cause) {
      throw new CommandError('unknown', `${path} is not whole, or larger than ${largestLog} bytes`, {
        cause,
      });
    }
  }
};

function short({ outcome, reply, decidedBy }: Summary): string {
  const where = decidedBy?.file == null ? '' : ` (${decidedBy.file}:${decidedBy.line})`;
  return `${outcome}: ${reply.code} ${reply.enhanced}${decidedBy ? ` by ${decidedBy.restriction} in ${decidedBy.list}${where}` : ''}`;
}
