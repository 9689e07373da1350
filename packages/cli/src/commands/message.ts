import { dnsSourceOptions, withResolver, type DnsSource } from '../dns-source.ts';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { paint, printJson, type Io } from '../io.ts';
import { visible } from '../print/visible.ts';
import type { AddCommands } from '../program.ts';
import { openMessage } from './domain.ts';

interface CheckFlags extends DnsSource {
  readonly ip: string;
  readonly helo: string;
  readonly sender: string;
  readonly receiver?: string;
  readonly json?: boolean;
}

export const addMessage: AddCommands = (program, { io, action }) => {
  const message = program.command('message').description('look at a message as its receiver does');
  dnsSourceOptions(message.command('check'))
    .description('check SPF, DKIM, DMARC, ARC and BIMI of a message, and say what it comes to')
    .argument('<file>', 'the message with its header fields; - for standard input')
    .requiredOption('--ip <address>', 'the client that handed it over')
    .requiredOption('--helo <name>', 'the name it gave with HELO or EHLO')
    .requiredOption('--sender <address>', 'the address it gave with MAIL FROM; "" for a bounce')
    .option('--receiver <name>', 'the host that checks, for the header')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  postern message check mail.eml --ip 192.0.2.1 --helo mx.example.com --sender info@example.com',
    )
    .action(action((file: string, flags: CheckFlags) => check(io, file, flags)));
};

async function check(io: Io, file: string, flags: CheckFlags): Promise<ExitCode> {
  const { authenticateMessage, DeliverabilityError } = await import('@postern/deliverability');
  const raw = file === '-' ? await io.readInput() : openMessage(io, file);
  const { ip, helo, sender, receiver } = flags;
  return withResolver(io, flags, async (resolver) => {
    const verdict = await authenticateMessage(
      raw,
      { ip, helo, sender },
      { resolver, signal: io.signal, ...(receiver === undefined ? {} : { receiver }) },
    ).catch((error: unknown) => {
      if (!(error instanceof DeliverabilityError)) throw error;
      throw new CommandError(error.code === 'too-large' ? 'unknown' : 'usage', error.message, {
        cause: error,
      });
    });
    // What Ctrl-C has cut short is no verdict.
    io.signal.throwIfAborted();
    if (flags.json) printJson(io, verdict);
    else {
      for (const sentence of verdict.explanation) io.out(`${visible(sentence)}\n`);
      io.out(`\n${paint(io, 'dim', visible(verdict.header))}\n`);
    }
    const { result } = verdict.dmarc;
    if (result === 'temperror') return exitCode.unknown;
    return result === 'fail' || result === 'permerror' ? exitCode.findings : exitCode.clean;
  });
}
