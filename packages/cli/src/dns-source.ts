import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Resolver } from '@postern/dns';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';

/** Where a command takes DNS from: a file, one server, or the system's servers. */
export interface DnsSource {
  readonly zone?: string;
  readonly server?: string;
}

/** Adds `--zone` and `--server`. */
export function dnsSourceOptions(command: Command): Command {
  return command
    .option('--zone <file>', 'take DNS from a JSON file instead of the network')
    .option('--server <address>', 'ask this DNS server, for example 127.0.0.1:5353 (default: the system’s)');
}

/**
 * Runs the work with a resolver, for an answer that is printed afterwards.
 *
 * @throws the reason of the signal after Ctrl-C: what was cut short is no answer
 */
export async function lookUp<T>(
  io: Io,
  source: DnsSource,
  use: (resolver: Resolver) => T | Promise<T>,
): Promise<T> {
  const answer = await withResolver(io, source, use);
  io.signal.throwIfAborted();
  return answer;
}

/** Runs the work with a resolver over the source, and closes it. @throws CommandError for a file that is of no use */
export async function withResolver<T>(
  io: Io,
  { zone, server, inflight }: DnsSource & { readonly inflight?: number },
  use: (resolver: Resolver) => T | Promise<T>,
): Promise<T> {
  const { createResolver, fixtureResolver, parseZones } = await import('@postern/dns');
  if (zone === undefined) {
    await using resolver = createResolver({
      ...(server === undefined ? {} : { servers: [server] }),
      ...(inflight === undefined ? {} : { inflight }),
    });
    // Ctrl-C ends every question, whoever asks it.
    return await use({
      resolve: (name, type, options) => resolver.resolve(name, type, { signal: io.signal, ...options }),
    });
  }
  if (server !== undefined) throw new CommandError('usage', 'choose one of --zone and --server');
  const text = await readFile(resolve(io.cwd, zone), 'utf8').catch((cause: unknown) => {
    throw new CommandError(
      'unknown',
      `${zone} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
  const { zones, problems } = parseZones(text);
  for (const { message, range } of problems) {
    const line = text.slice(0, range.start).split('\n').length;
    io.err(`${zone}:${line}: ${message}\n`);
  }
  if (problems.length > 0)
    throw new CommandError('unknown', `${zone} is no usable zone file: mend the lines above`);
  return await use(fixtureResolver(zones));
}
