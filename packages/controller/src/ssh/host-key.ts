import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ControllerError } from '../error.ts';
import { errno } from '../folder/trouble.ts';
import { certificateProblem, type HostCertificate } from './host-certificate.ts';
import {
  authoritiesFor,
  judgeKey,
  keyFingerprint,
  knownName,
  parseKnownHosts,
  typeOf,
  type KnownHost,
} from './known-hosts.ts';

export interface HostKeyPolicy {
  /** The known_hosts files; a key that is accepted is written to the first. */
  readonly files: readonly string[];
  /** Takes the key of a machine that none is known of, and remembers it. Never one that changed. */
  readonly acceptNew: boolean;
}

/** Reads the files; one that is not there knows nothing. */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHost[]> {
  const texts = await Promise.all(files.map(async (file) => parseKnownHosts(await readText(file), file)));
  return texts.flat();
}

/**
 * Refuses a machine that does not prove to be the one it should be.
 *
 * @param certificate  what it showed when it was asked for one; an authority of known_hosts has to have signed it, for
 *   this machine, now, and for the very key that it shows
 * @throws ControllerError `host-key-unknown`, `host-key-changed` or `host-key-revoked`, with the fingerprint and what to do
 */
export async function checkHostKey(
  known: readonly KnownHost[],
  machine: { readonly host: string; readonly port: number },
  key: Buffer,
  { files, acceptNew }: HostKeyPolicy,
  certificate?: HostCertificate,
): Promise<void> {
  const name = knownName(machine.host, machine.port);
  const shown = `${typeOf(key)} ${keyFingerprint(key)}`;
  const verdict = judgeKey(known, name, key);
  switch (verdict.status) {
    case 'known':
      return;
    case 'unknown':
      if (acceptNew) return remember(files[0], name, key);
      throw new ControllerError(
        'host-key-unknown',
        `${name}: no host key is known, and it shows ${shown}. Compare that with what ` +
          '`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` says on the machine itself; when it is the same, log in once with ssh, ' +
          'or allow new keys (acceptNew, --accept-new).',
      );
    case 'changed':
      throw new ControllerError(
        'host-key-changed',
        `${name}: the host key changed (now ${shown}, known ${describe(verdict.known)}). ` +
          'If the machine was reinstalled, remove that line; if not, stop here: somebody may stand in between.',
      );
    case 'revoked':
      throw new ControllerError(
        'host-key-revoked',
        `${name}: shows a key that is revoked (${shown}, at ${place(verdict.known[0])}). Give the machine a new key, and do not log in until then.`,
      );
    case 'authority': {
      const authorities = authoritiesFor(known, name);
      const problem = !certificate
        ? 'it shows no certificate'
        : !certificate.key.equals(key)
          ? 'its certificate is for another key than it has'
          : certificateProblem(certificate, machine.host, authorities);
      if (problem === undefined) return;
      throw new ControllerError(
        'host-key-unknown',
        `${name}: only a certificate authority is known (${place(verdict.known[0])}), and ${problem}. ` +
          `It shows ${shown}. Give it a certificate of that authority (HostCertificate in its sshd_config), or add its plain key to ${files[0] ?? 'known_hosts'}.`,
      );
    }
  }
}

async function remember(file: string | undefined, name: string, key: Buffer): Promise<void> {
  if (file === undefined) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const text = await readText(file);
  const line = `${name} ${typeOf(key)} ${key.toString('base64')}\n`;
  await appendFile(file, text === '' || text.endsWith('\n') ? line : `\n${line}`, { mode: 0o600 });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if (errno(error) === 'ENOENT') return '';
    const reason = error instanceof Error ? error.message : String(error);
    throw new ControllerError(
      'unreadable',
      `${file}: cannot be read: ${reason}. Nobody's key can be checked.`,
      {
        cause: error,
      },
    );
  }
}

function describe(known: readonly KnownHost[]): string {
  return known.map((each) => `${each.type} ${keyFingerprint(each.key)} at ${place(each)}`).join(', ');
}

function place(known: KnownHost | undefined): string {
  return known ? `${known.file}:${known.line}` : 'known_hosts';
}
