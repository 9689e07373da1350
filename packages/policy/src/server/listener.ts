import { PolicyError } from './error.ts';

/** Where a policy server listens. */
export type ListenAddress =
  | {
      readonly type: 'unix';
      readonly path: string;
      /** Permission bits of the socket (0o666: smtpd runs as postfix). */ readonly mode?: number;
    }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  /** Standard input and output, as spawn(8) connects them. */
  | { readonly type: 'stdio' }
  /** The sockets that systemd passes (sd_listen_fds(3)). */
  | { readonly type: 'systemd' };

/**
 * Reads `unix:PATH`, `HOST:PORT`, `[v6]:PORT`, `stdio` or `systemd`.
 *
 * @throws PolicyError `bad-address`
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text === 'stdio' || text === 'systemd') return { type: text };
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (path === '')
      throw new PolicyError('bad-address', 'unix: needs a path, for example unix:/run/postern/policy');
    // sun_path of unix(7) has 108 bytes with the final NUL; longer ones are cut without a word.
    if (Buffer.byteLength(path) > 107)
      throw new PolicyError(
        'bad-address',
        `the socket path ${path} is longer than 107 bytes; choose a shorter one`,
      );
    return { type: 'unix', path };
  }
  const match = /^(?:inet:)?(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535)
    throw new PolicyError(
      'bad-address',
      `cannot listen on ${JSON.stringify(text)}: expected unix:PATH, HOST:PORT, stdio or systemd`,
    );
  return { type: 'tcp', host: match[1] ?? match[2]!, port };
}

/** The first file descriptor that systemd passes (sd_listen_fds(3)). */
const firstSystemdDescriptor = 3;

/**
 * The file descriptors that systemd has opened for this process.
 *
 * @throws PolicyError `no-systemd-sockets` when it was not started by a socket unit
 */
export function systemdDescriptors(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number[] {
  const count = Number(environment['LISTEN_FDS'] ?? Number.NaN);
  if (environment['LISTEN_PID'] !== String(pid) || !(count >= 1))
    throw new PolicyError(
      'no-systemd-sockets',
      'systemd passed no socket to this process: start it through its .socket unit, or listen on unix:PATH or HOST:PORT',
    );
  return Array.from({ length: count }, (_, index) => firstSystemdDescriptor + index);
}
