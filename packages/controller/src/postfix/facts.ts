import { ControllerError } from '../error.ts';
import { sha256 } from '../folder/fingerprint.ts';
import type { Host } from '../host/host.ts';
import { ask, first, fromBase64, line, type Lines } from './ask.ts';

/** What is so on a host. */
export interface HostFacts {
  readonly system: string;
  /** Of Postfix; undefined where there is none. */
  readonly version: string | undefined;
  /** Another mail server that is there instead. */
  readonly otherMailServer: string | undefined;
  /** Postfix's configuration folder. */
  readonly directory: string;
  /** The process id of master(8); undefined when it does not run. */
  readonly master: number | undefined;
  readonly packageManager: 'apt-get' | 'dnf' | undefined;
  readonly pending: PendingChange | undefined;
  /** Whether somebody is changing the host right now. */
  readonly busy: boolean;
  /** What became of a change that was cut short or never confirmed. */
  readonly recovered: { readonly id: string; readonly why: string } | undefined;
}

/** A change that is under way, or made and not confirmed. */
export interface PendingChange {
  readonly id: string;
  /** `committed`: made, and waits to be confirmed; everything else: under way or cut short. */
  readonly phase: string;
  /** Seconds until it is undone. */
  readonly left: number;
  /** Whether the timer on the host that undoes it is there. */
  readonly watched: boolean;
}

/** A file as it was read. */
export interface HostFile {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly owner: string;
  readonly group: string;
  /** Seconds since 1970; what somebody may set as they like. */
  readonly modified: number;
  /** Seconds since 1970, as the kernel keeps it: when the file was last written, renamed or given away. */
  readonly changed: number;
}

export interface Question {
  readonly directory?: string | undefined;
  /** Undo first what was cut short or never confirmed. */
  readonly mend?: boolean;
  readonly files?: readonly string[];
  /** Files that are left out where they are too large or no ordinary files. */
  readonly readable?: readonly string[];
  readonly sysctls?: readonly string[];
  readonly packages?: readonly string[];
  /** Sources of tables: is what was compiled of them up to date? */
  readonly tables?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface Answers extends HostFacts {
  readonly files: ReadonlyMap<string, HostFile>;
  readonly sysctls: ReadonlyMap<string, string>;
  readonly packages: ReadonlySet<string>;
  readonly freshTables: ReadonlySet<string>;
  /** Whether there was something to be undone first, or a change that waits. */
  readonly unfinished: boolean;
}

/** Asks for all of it in one go. */
export async function readFacts(host: Host, question: Question = {}): Promise<Answers> {
  const { files = [], readable = [], sysctls = [], packages = [], tables = [] } = question;
  const asked = [
    ...files,
    ...readable,
    ...sysctls.map((key) => `sysctl:${sysctlName(key)}`),
    ...packages.map((name) => `package:${name}`),
    ...tables.map((path) => `fresh:${path}`),
  ];
  const request = [question.directory ?? '', question.mend ? 'mend' : 'look', ...asked].map(line).join('');
  const lines = await ask(host, 'facts', request, { ...(question.signal && { signal: question.signal }) });
  const about = new Map<number, { word: string; rest: string }>();
  const data = new Map<number, string>();
  for (const [word, rest] of lines) {
    const [, number, more] = /^(\d+) ?(.*)$/.exec(rest) ?? [];
    if (word === 'data') data.set(Number(number), more ?? '');
    else if (['file', 'absent', 'odd', 'value'].includes(word))
      about.set(Number(number), { word, rest: more ?? '' });
  }
  if (first(lines, 'end') === undefined) {
    throw new ControllerError('step-failed', `${host.name}: the facts ended before their end.`);
  }
  const read = new Map<string, HostFile>();
  const values = new Map<string, string>();
  asked.forEach((name, index) => {
    const { word, rest } = about.get(index + 1) ?? { word: 'absent', rest: '' };
    if (word === 'odd' && !readable.includes(name)) throw odd(host.name, name, rest);
    if (word === 'value') values.set(name, fromBase64(rest));
    if (word === 'file') read.set(name, parseFile(rest, data.get(index + 1) ?? ''));
  });
  const held = (kind: string, names: readonly string[]): string[] =>
    names.filter((name) => values.has(`${kind}:${name}`));
  return {
    ...summary(lines),
    files: read,
    sysctls: new Map(held('sysctl', sysctls).map((key) => [key, values.get(`sysctl:${key}`)!])),
    packages: new Set(held('package', packages)),
    freshTables: new Set(held('fresh', tables)),
    unfinished: first(lines, 'unfinished') !== undefined,
  };
}

/**
 * Refuses a host that has no Postfix to be changed.
 *
 * @throws ControllerError `unsupported-system`, `no-postfix` or `other-mail-server`
 */
export function refuseWithoutPostfix(name: string, facts: HostFacts): string {
  if (facts.system !== 'Linux') {
    throw new ControllerError(
      'unsupported-system',
      `${name}: reading the host: it runs ${facts.system}, and only Linux is known here.`,
    );
  }
  if (facts.version !== undefined) return facts.version;
  if (facts.otherMailServer !== undefined) {
    throw new ControllerError(
      'other-mail-server',
      `${name}: reading the host: its mail server is ${facts.otherMailServer}, not Postfix. Move it to Postfix first, or name another host.`,
    );
  }
  throw new ControllerError(
    'no-postfix',
    `${name}: reading the host: there is no Postfix (no postconf in PATH or sbin). Install it, or apply a plan that does.`,
  );
}

export function sysctlName(key: string): string {
  if (/^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)+$/.test(key)) return key;
  throw new ControllerError('bad-argument', `${JSON.stringify(key)} is no name of a kernel setting.`);
}

function summary(lines: Lines): HostFacts {
  const pending = first(lines, 'pending')?.split(' ');
  const recovered = /^(\S+) (.*)$/.exec(first(lines, 'recovered') ?? '');
  const running = first(lines, 'running');
  return {
    system: first(lines, 'system') ?? 'unknown',
    version: first(lines, 'version') || undefined,
    otherMailServer: first(lines, 'other'),
    directory: first(lines, 'directory') ?? '/etc/postfix',
    master: running === undefined || running === 'no' ? undefined : Number(running),
    packageManager: first(lines, 'packages') as HostFacts['packageManager'],
    pending: pending && {
      id: pending[0]!,
      phase: pending[1] ?? '',
      left: Number(pending[2]),
      watched: pending[3] === 'alive',
    },
    busy: first(lines, 'busy') !== undefined,
    recovered: recovered ? { id: recovered[1]!, why: recovered[2]! } : undefined,
  };
}

function parseFile(rest: string, data: string): HostFile {
  const [mode, uid, gid, owner, group, modified, changed] = rest.split(' ');
  const bytes = Buffer.from(data, 'base64');
  return {
    bytes,
    sha256: sha256(bytes),
    mode: Number.parseInt(mode ?? '', 8),
    uid: Number(uid),
    gid: Number(gid),
    owner: owner ?? '',
    group: group ?? '',
    modified: Number(modified),
    changed: Number(changed),
  };
}

function odd(host: string, path: string, what: string): ControllerError {
  if (what === 'large') {
    return new ControllerError(
      'too-large',
      `${host}: ${path} has more than 16 MiB. A table does not belong into a configuration file.`,
    );
  }
  const why = what === 'dangling' ? 'is a link to what is not there' : 'is no ordinary file';
  return new ControllerError('not-a-file', `${host}: ${path} ${why}. Put an ordinary file in its place.`);
}
