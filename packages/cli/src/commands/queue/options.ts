import type { Command } from 'commander';
import type { PostfixHost, QueueSelector } from '@postern/controller';
import { CommandError } from '../../exit.ts';
import { addLoginOptions, isHost, openHost, type LoginFlags } from '../../host-target.ts';
import { paint, type Io } from '../../io.ts';

export interface QueueFlags extends LoginFlags {
  readonly json?: boolean;
  readonly yes?: boolean;
}

export interface SelectorFlags {
  readonly id?: readonly string[];
  readonly sender?: string;
  readonly recipient?: string;
  readonly domain?: string;
  readonly queue?: string;
  readonly reason?: string;
  readonly olderThan?: string;
  readonly youngerThan?: string;
  readonly largerThan?: string;
  readonly smallerThan?: string;
  readonly nullSender?: boolean;
}

/** What the target of each subcommand is. */
const hostHelp = '"local" for this machine, or ssh://user@host:port';

/** A subcommand on the queue of a host, with the options for logging in. */
export function queueCommand(queue: Command, name: string, description: string): Command {
  return addLoginOptions(queue.command(name).description(description).argument('<target>', hostHelp)).option(
    '--json',
    'print one JSON document',
  );
}

export function addSelectorOptions(command: Command): Command {
  const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];
  return command
    .option('--id <id>', 'the message with this queue id; may be repeated', collect)
    .option('--sender <address>', 'from this envelope sender; <> is the null sender')
    .option('--recipient <address>', 'to this recipient')
    .option('--domain <domain>', 'to a recipient of this domain')
    .option('--queue <name>', 'in this queue: maildrop, incoming, active, deferred, hold')
    .option('--reason <text>', 'put off for a reason with this text in it')
    .option('--older-than <time>', 'that came at least so long ago (30m, 4h, 2d)')
    .option('--younger-than <time>', 'that came less than so long ago')
    .option('--larger-than <bytes>', 'of at least so many bytes')
    .option('--smaller-than <bytes>', 'of fewer bytes')
    .option('--null-sender', 'without an envelope sender: bounces and reports');
}

/** @throws CommandError for a value that is none */
export async function selectorOf(flags: SelectorFlags): Promise<QueueSelector> {
  const { parseDuration } = await import('@postern/config');
  const time = (option: string, text: string): number => {
    // A duration without a digit is none, whatever else it is.
    const seconds = /\d/.test(text) ? parseDuration(text, 's') : undefined;
    if (seconds === undefined || !Number.isFinite(seconds))
      throw new CommandError('usage', `${option} ${text}: write a time, for example 30m, 4h or 2d`);
    return seconds;
  };
  const bytes = (option: string, text: string): number => {
    if (!/^\d+$/.test(text)) throw new CommandError('usage', `${option} ${text}: write a number of bytes`);
    return Number(text);
  };
  const queues = ['maildrop', 'incoming', 'active', 'deferred', 'hold', 'corrupt'] as const;
  const queue = queues.find((name) => name === flags.queue);
  if (flags.queue !== undefined && queue === undefined)
    throw new CommandError('usage', `--queue ${flags.queue}: one of ${queues.join(', ')}`);
  return {
    ...(flags.id && { ids: flags.id }),
    ...(flags.sender !== undefined && { sender: flags.sender }),
    ...(flags.recipient !== undefined && { recipient: flags.recipient }),
    ...(flags.domain !== undefined && { domain: flags.domain }),
    ...(queue && { queue }),
    ...(flags.reason !== undefined && { reason: flags.reason }),
    ...(flags.olderThan !== undefined && { olderThan: time('--older-than', flags.olderThan) }),
    ...(flags.youngerThan !== undefined && { youngerThan: time('--younger-than', flags.youngerThan) }),
    ...(flags.largerThan !== undefined && { largerThan: bytes('--larger-than', flags.largerThan) }),
    ...(flags.smallerThan !== undefined && { smallerThan: bytes('--smaller-than', flags.smallerThan) }),
    ...(flags.nullSender && { nullSender: true }),
  };
}

/** @throws CommandError for a folder: a queue is on a machine */
export async function openQueueHost(io: Io, name: string, flags: LoginFlags): Promise<PostfixHost> {
  if (!isHost(name)) throw new CommandError('usage', `${name}: the target of queue commands is ${hostHelp}`);
  return openHost(io, name, flags);
}

/** A line on a terminal that is written over as work goes on, and gone at its end. */
export function liveLine(
  io: Io,
  flags: { readonly json?: boolean },
): { show(text: string): void; clear(): void } {
  if (!io.terminal || flags.json) return { show() {}, clear() {} };
  let last = 0;
  return {
    show(text) {
      if (Date.now() - last < 50) return;
      last = Date.now();
      io.err(`\r\u001B[K${paint(io, 'dim', `… ${text}`)}`);
    },
    clear: () => io.err('\r\u001B[K'),
  };
}
