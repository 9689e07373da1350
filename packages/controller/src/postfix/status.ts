import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { decodeText, effective, parseMain } from '@postern/config';
import { findSecretFiles, maskSecrets } from '@postern/plan';
import type { Host } from '../host/host.ts';
import { ask, line } from './ask.ts';
import { readFacts, type PendingChange } from './facts.ts';
import { keptFile, readHistory, type PastChange } from './history.ts';

/** What is different from what the last change left. */
export interface HostDrift {
  readonly path: string;
  readonly what: 'content' | 'missing' | 'new';
  /** When it was last written, ISO 8601; a file that was put in place with an old time on purpose shows that. */
  readonly changedAt?: string;
  /** When the kernel saw it change: by writing, renaming or giving it away. Nobody can date this back. */
  readonly seenAt?: string;
  /** Whose file it is now. */
  readonly owner?: string;
  /**
   * What the host has kept of who was at work in the quarter of an hour before: audit, sudo, logins. Without audit none
   * of it proves who it was; empty when the host has kept nothing that can be read.
   */
  readonly witnesses?: readonly string[];
  /** As the last change left it and as it is now; secrets are masked. */
  readonly left?: string;
  readonly now?: string;
}

export interface CertificateState {
  /** On the host. */
  readonly file: string;
  readonly serial: string;
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly expires: string;
  /** Whether port 25 serves this one; undefined when it could not be asked. */
  readonly served?: boolean;
  readonly servedSerial?: string;
}

export interface HostStatus {
  readonly host: string;
  readonly version: string | undefined;
  readonly directory: string;
  /** Undefined when Postfix does not run. */
  readonly master: { readonly pid: number; readonly seconds: number } | undefined;
  /** `address:port` of every TCP listener of the machine. */
  readonly listeners: readonly string[];
  readonly queue: Readonly<Record<string, number>>;
  /** What the log counted in the last minutes. */
  readonly log: { readonly minutes: number; readonly counts: Readonly<Record<string, number>> };
  readonly certificates: readonly CertificateState[];
  readonly pending: PendingChange | undefined;
  readonly history: readonly PastChange[];
  readonly drift: readonly HostDrift[];
}

/** Looks at all of it; writes nothing. */
export async function hostStatus(
  host: Host,
  directory: string | undefined,
  { minutes = 10 }: { readonly minutes?: number } = {},
): Promise<HostStatus> {
  const history = await readHistory(host);
  const seen = lastState(history);
  const files = ['main.cf', 'master.cf', ...seen.keys(), ...[...seen.values()].flatMap((kept) => kept ?? [])];
  const facts = await readFacts(host, { directory, files: [...new Set(files)] });
  const differing = [...seen].flatMap(([path, kept]) => {
    const left = kept === undefined ? undefined : facts.files.get(kept);
    return left?.sha256 === facts.files.get(path)?.sha256 ? [] : [path];
  });
  const lines = await ask(
    host,
    'report',
    [facts.directory, String(minutes), ...differing, ''].map(line).join(''),
  );
  // A report goes to people and logs: what is secret by the files as they are now is masked in it.
  const textOf = (path: string): string => decodeText(facts.files.get(path)?.bytes ?? Buffer.alloc(0));
  const secret = findSecretFiles({ 'main.cf': textOf('main.cf'), 'master.cf': textOf('master.cf') });
  const shown = (path: string, { bytes }: { readonly bytes: Buffer }): string =>
    maskSecrets({ [path]: decodeText(bytes) }, secret)[path]!;
  const drift = [...seen].flatMap(([path, kept]): HostDrift[] => {
    const left = kept === undefined ? undefined : facts.files.get(kept);
    const now = facts.files.get(path);
    if (left?.sha256 === now?.sha256) return [];
    return [
      {
        path,
        what: now === undefined ? 'missing' : left === undefined ? 'new' : 'content',
        ...(now && {
          changedAt: new Date(now.modified * 1000).toISOString(),
          seenAt: new Date(now.changed * 1000).toISOString(),
          owner: now.owner,
          witnesses: lines.flatMap(([word, rest]) => {
            const [, number, text] = /^(\d+) (.*)$/.exec(rest) ?? [];
            return word === 'witness' && differing[Number(number) - 1] === path && text ? [text] : [];
          }),
          now: shown(path, now),
        }),
        ...(left && { left: shown(path, left) }),
      },
    ];
  });
  const all = (word: string): string[] => lines.flatMap(([each, rest]) => (each === word ? rest : []));
  const counts = (word: string): Record<string, number> =>
    Object.fromEntries(all(word).map((text) => [text.split(' ')[0]!, Number(text.split(' ')[1])]));
  const master = all('master')[0]?.split(' ').map(Number);
  return {
    host: host.name,
    version: facts.version,
    directory: facts.directory,
    master: master && { pid: master[0]!, seconds: master[1] ?? 0 },
    listeners: all('listen'),
    queue: counts('queue'),
    log: { minutes, counts: counts('log') },
    certificates: await certificates(
      host,
      facts.directory,
      decodeText(facts.files.get('main.cf')?.bytes ?? Buffer.alloc(0)),
      facts.version,
    ),
    pending: facts.pending,
    history,
    drift,
  };
}

/** Each file that a change in force has touched, and where the host keeps what it left; undefined where it removed it. */
function lastState(history: readonly PastChange[]): Map<string, string | undefined> {
  const seen = new Map<string, string | undefined>();
  for (const { id, phase, files } of history) {
    if (phase !== 'confirmed' && phase !== 'committed') continue;
    files.forEach(({ path, removed }, index) =>
      seen.set(path, removed ? undefined : keptFile(id, 'after', index)),
    );
  }
  return seen;
}

async function certificates(
  host: Host,
  directory: string,
  main: string,
  version: string | undefined,
): Promise<CertificateState[]> {
  if (version === undefined) return [];
  const settings = effective({ main: parseMain(main), version });
  const names = ['smtpd_tls_chain_files', 'smtpd_tls_cert_file', 'smtpd_tls_eccert_file'];
  const paths = names
    .flatMap((name) => (settings.get(name)?.value ?? '').split(/[\s,]+/))
    .map((path) => path.replace('$config_directory', directory))
    .filter((path) => path.startsWith('/'));
  if (paths.length === 0) return [];
  const served = await servedSerial(host).catch(() => undefined);
  const states = await Promise.all(
    [...new Set(paths)].map(async (file): Promise<CertificateState[]> => {
      const bytes = await host.readFile(file, { asRoot: true }).catch(() => undefined);
      const pem = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(
        bytes?.toString('latin1') ?? '',
      );
      if (!pem) return [];
      const certificate = new X509Certificate(pem[0]);
      return [
        {
          file,
          serial: certificate.serialNumber,
          names: (certificate.subjectAltName ?? certificate.subject)
            .split(/,\s*|\n/)
            .map((name) => name.replace(/^(DNS:|CN=)/, '')),
          expires: new Date(certificate.validTo).toISOString(),
          ...(served !== undefined && { served: served === certificate.serialNumber, servedSerial: served }),
        },
      ];
    }),
  );
  return states.flat();
}

/** The serial number of the certificate that port 25 shows. */
async function servedSerial(host: Host): Promise<string | undefined> {
  const socket = await host.dial?.('127.0.0.1', 25);
  if (!socket) return undefined;
  const signal = AbortSignal.timeout(5000);
  try {
    for (const command of ['', 'EHLO probe.postern.invalid\r\n', 'STARTTLS\r\n']) {
      if (command !== '') socket.write(command);
      let text = '';
      while (!/^\d{3}(?: |\r?\n)[^\n]*\n?$/m.test(text))
        text += String((await once(socket, 'data', { signal }))[0]);
    }
    const secure = connectTls({ socket, rejectUnauthorized: false });
    await once(secure, 'secureConnect', { signal });
    return secure.getPeerX509Certificate()?.serialNumber;
  } finally {
    socket.destroy();
  }
}

/** A host's status in the text format of Prometheus. */
export function toPrometheus(status: HostStatus): string {
  const host = `host="${status.host.replaceAll(/["\\\n]/g, '_')}"`;
  const lines = [
    '# TYPE postfix_up gauge',
    `postfix_up{${host}} ${status.master ? 1 : 0}`,
    '# TYPE postfix_queue_messages gauge',
    ...Object.entries(status.queue).map(
      ([queue, count]) => `postfix_queue_messages{${host},queue="${queue}"} ${count}`,
    ),
    '# TYPE postfix_log_events gauge',
    ...Object.entries(status.log.counts).map(
      ([event, count]) =>
        `postfix_log_events{${host},event="${event}",minutes="${status.log.minutes}"} ${count}`,
    ),
    '# TYPE postfix_certificate_expiry_seconds gauge',
    ...status.certificates.map(
      ({ file, expires }) =>
        `postfix_certificate_expiry_seconds{${host},file="${file}"} ${Date.parse(expires) / 1000}`,
    ),
    '# TYPE postern_drifted_files gauge',
    `postern_drifted_files{${host}} ${status.drift.length}`,
    '# TYPE postern_change_pending gauge',
    `postern_change_pending{${host}} ${status.pending ? 1 : 0}`,
  ];
  return `${lines.join('\n')}\n`;
}
