import { readdir, readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, basename, join, resolve } from 'node:path';
import sshConfig from 'ssh-config';
import { ControllerError } from '../error.ts';
import { errno } from '../folder/trouble.ts';
import { fits } from './known-hosts.ts';

/** What a configuration of ssh says about one host: of each keyword what stands first, of identities all. */
export interface Settings {
  one(name: string): string | undefined;
  all(name: string): string[];
}

/** For whom it is asked: the name as it was given, and the user if one was. */
export interface Subject {
  readonly host: string;
  readonly user?: string | undefined;
}

/**
 * Evaluates a configuration as ssh_config(5) says: Host and Match by their patterns, Include where it stands, the first
 * value of a keyword. `Match exec` is not run and matches nobody.
 *
 * @throws ControllerError `unsupported-ssh-config` for what cannot be understood, `unreadable`
 */
export async function readSettings(subject: Subject, file: string | false): Promise<Settings> {
  const found = new Map<string, string[]>();
  const all = (name: string): string[] => found.get(name.toLowerCase()) ?? [];
  const settings: Settings = { all, one: (name) => all(name)[0] };
  if (file !== false) await takeFile(file, true, 0, { subject, found, settings });
  return settings;
}

interface Reading {
  readonly subject: Subject;
  readonly found: Map<string, string[]>;
  readonly settings: Settings;
}

/** A line as the ssh-config package gives it. */
interface Line {
  readonly type: number;
  readonly param?: string;
  readonly value?: string | readonly { readonly val: string }[];
  readonly config?: readonly Line[];
}

const mostNested = 16;

async function takeFile(file: string, active: boolean, depth: number, reading: Reading): Promise<void> {
  const text = await readText(file);
  try {
    await takeLines(sshConfig.parse(text) as readonly Line[], active, file, depth, reading);
  } catch (error) {
    if (error instanceof ControllerError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ControllerError('unsupported-ssh-config', `${file}: cannot be understood: ${reason}`, {
      cause: error,
    });
  }
}

async function takeLines(
  lines: readonly Line[],
  active: boolean,
  file: string,
  depth: number,
  reading: Reading,
): Promise<void> {
  for (const line of lines) {
    if (line.param === undefined) continue;
    const name = line.param.toLowerCase();
    const values = typeof line.value === 'string' ? [line.value] : (line.value ?? []).map(({ val }) => val);
    if (name === 'host' || name === 'match') {
      // A file that is included for some hosts says nothing about others, whatever it names.
      const isMeant =
        active && (name === 'host' ? matchesHost(values, reading.subject.host) : matches(values, reading));
      await takeLines(line.config ?? [], isMeant, file, depth, reading);
    } else if (name === 'include') {
      if (depth >= mostNested)
        throw new ControllerError(
          'unsupported-ssh-config',
          `${file}: includes more than ${mostNested} deep.`,
        );
      const patterns = typeof line.value === 'string' ? line.value.split(/\s+/) : values;
      for (const pattern of patterns.filter(Boolean))
        for (const path of await globbed(locate(pattern))) await takeFile(path, active, depth + 1, reading);
    } else if (active) {
      const { found } = reading;
      if (name === 'identityfile') found.set(name, [...(found.get(name) ?? []), ...values]);
      else if (!found.has(name)) found.set(name, values);
    }
  }
}

function matchesHost(patterns: readonly string[], host: string): boolean {
  const isNamed = (pattern: string): boolean => fits(pattern.toLowerCase(), host.toLowerCase());
  if (patterns.some((pattern) => pattern.startsWith('!') && isNamed(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && isNamed(pattern));
}

/** `Match host *.example.com !user root`: every one of the criteria has to be met. */
function matches(words: readonly string[], { subject, settings }: Reading): boolean {
  const rest = [...words];
  const list = (name: string | undefined, patterns: string | undefined): boolean =>
    name !== undefined && matchesHost((patterns ?? '').split(','), name);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const isNegated = word.startsWith('!');
    const criterion = word.replace(/^!/, '').toLowerCase();
    const isMet = (): boolean => {
      switch (criterion) {
        case 'all':
          return true;
        case 'host':
          return list(settings.one('HostName')?.replaceAll('%h', subject.host) ?? subject.host, rest.shift());
        case 'originalhost':
          return list(subject.host, rest.shift());
        case 'user':
          return list(subject.user ?? settings.one('User') ?? userInfo().username, rest.shift());
        case 'localuser':
          return list(userInfo().username, rest.shift());
        default:
          return false;
      }
    };
    if (!['all', 'host', 'originalhost', 'user', 'localuser'].includes(criterion)) return false;
    if (isMet() === isNegated) return false;
  }
  return true;
}

function locate(path: string): string {
  return resolve(join(homedir(), '.ssh'), path.replace(/^~(?=\/|$)/, homedir()));
}

/** The files that a path with `*` and `?` means, in their order; none is no error. */
async function globbed(path: string): Promise<string[]> {
  if (!/[*?]/.test(path)) return [path];
  const folders = await globbed(dirname(path));
  const each = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder).catch(() => []);
      const isMeant = (name: string): boolean => !name.startsWith('.') && fits(basename(path), name);
      return names
        .filter(isMeant)
        .toSorted()
        .map((name) => join(folder, name));
    }),
  );
  return each.flat();
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errno(error) === 'ENOENT') return '';
    const reason = error instanceof Error ? error.message : String(error);
    throw new ControllerError('unreadable', `${file}: cannot be read: ${reason}`, { cause: error });
  }
}
