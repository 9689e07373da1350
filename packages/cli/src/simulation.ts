import type { World } from '@postern/simulator';
import { withResolver } from './dns-source.ts';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';
import type { Target } from './target.ts';

/** What a simulation may ask for outside the configuration, as the command line gives it. */
export interface WorldOptions {
  /** A zone file; without one the system's resolver is asked. */
  readonly dns?: string;
  /** Addresses of the host with their prefix lengths, comma-separated; the target's own when it is a machine. */
  readonly interfaces?: string;
  readonly hostname?: string;
}

/** Runs the work in the world that a target is in: DNS, the host's name and addresses. */
export async function withWorld<T>(
  io: Io,
  target: Target,
  options: WorldOptions,
  use: (world: World) => Promise<T>,
): Promise<T> {
  const host = await hostWorld(target, options);
  return withResolver(io, options.dns === undefined ? {} : { zone: options.dns }, (resolver) =>
    use({ ...host, resolver }),
  );
}

/** What is said of the host, and what a target that is a machine says of itself. */
export async function hostWorld(target: Target, { interfaces, hostname }: WorldOptions): Promise<World> {
  const isTold = interfaces !== undefined && hostname !== undefined;
  const own = isTold ? {} : await target.surroundings();
  const addresses = interfaces === undefined ? own.interfaces : readInterfaces(interfaces);
  const name = hostname ?? own.hostname;
  return { ...(addresses && { interfaces: addresses }), ...(name !== undefined && { hostname: name }) };
}

function readInterfaces(text: string): { address: string; prefix: number }[] {
  return text.split(',').map((item) => {
    const match = /^\s*([\da-f.:]+)(?:\/(\d{1,3}))?\s*$/i.exec(item);
    if (!match)
      throw new CommandError('usage', `--interfaces: ${item} is no address; write for example 192.0.2.25/24`);
    const address = match[1]!;
    return { address, prefix: Number(match[2] ?? (address.includes(':') ? 128 : 32)) };
  });
}
