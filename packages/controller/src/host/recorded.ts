import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ControllerError } from '../error.ts';
import { errno } from '../folder/trouble.ts';
import type { Command, Host, Outcome, RunOptions } from './host.ts';
import { shellText } from './shell-text.ts';

/**
 * A folder of answers in place of a machine, for tests and dry runs. The same question gets the same answer; one that
 * was never asked while recording is an error, and nothing that is written goes anywhere but into memory.
 *
 *     answers/SHA256.json     what a command printed and how it ended, by the hash of the command and its input
 *     files/SHA256.json       a file, by the hash of its path; null where there was none
 */
export function recordedMachine(directory: string, name: string = directory): Host {
  const written = new Map<string, Buffer>();
  const host: Host = {
    name,
    async run(command, options = {}) {
      options.signal?.throwIfAborted();
      const answer = await load<RecordedAnswer>(directory, 'answers', keyOf(command, options));
      if (!answer) throw notRecorded(name, directory, describe(command));
      const stdout = Buffer.from(answer.stdout, 'base64');
      const { limit } = options;
      if (limit !== undefined && stdout.length > limit) {
        throw new ControllerError(
          'too-much-output',
          `${name}: the recorded answer has more than ${limit} bytes.`,
        );
      }
      options.onOutput?.(stdout);
      return {
        status: answer.status,
        stdout: options.passOn ? Buffer.alloc(0) : stdout,
        stderr: answer.stderr,
      };
    },
    async readFile(path, { limit } = {}) {
      const bytes = written.get(path) ?? (await loadFile(name, directory, path));
      if (bytes && limit !== undefined && bytes.length > limit) {
        throw new ControllerError(
          'too-large',
          `${name}: ${path} has more than ${limit} bytes. Raise the limit.`,
        );
      }
      return bytes;
    },
    writeFile(path, bytes) {
      written.set(path, Buffer.from(bytes));
      return Promise.resolve();
    },
    reopen: () => Promise.resolve(host),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return host;
}

/** The same host, and everything it answers is kept in a folder for `recordedHost`. */
export function recording(host: Host, directory: string): Host {
  return {
    ...host,
    async run(command, options = {}) {
      const outcome = await host.run(command, { ...options, passOn: false });
      const answer: RecordedAnswer = {
        ...outcome,
        command: describe(command),
        stdout: outcome.stdout.toString('base64'),
      };
      await save(directory, 'answers', keyOf(command, options), answer);
      return options.passOn ? { ...outcome, stdout: Buffer.alloc(0) } : outcome;
    },
    async readFile(path, options) {
      const bytes = await host.readFile(path, options);
      const file: RecordedFile = { path, bytes: bytes?.toString('base64') ?? null };
      await save(directory, 'files', hash(path), file);
      return bytes;
    },
  };
}

interface RecordedAnswer extends Omit<Outcome, 'stdout'> {
  /** For people who look into the folder. */
  readonly command: string;
  /** Base64. */
  readonly stdout: string;
}

interface RecordedFile {
  readonly path: string;
  /** Base64. */
  readonly bytes: string | null;
}

async function loadFile(name: string, directory: string, path: string): Promise<Buffer | undefined> {
  const file = await load<RecordedFile>(directory, 'files', hash(path));
  if (!file) throw notRecorded(name, directory, `the file ${path}`);
  return file.bytes === null ? undefined : Buffer.from(file.bytes, 'base64');
}

async function load<T>(directory: string, kind: string, key: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, kind, `${key}.json`), 'utf8')) as T;
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function save(directory: string, kind: string, key: string, value: unknown): Promise<void> {
  await mkdir(join(directory, kind), { recursive: true });
  await writeFile(join(directory, kind, `${key}.json`), `${JSON.stringify(value, undefined, 2)}\n`, {
    mode: 0o600,
  });
}

function keyOf(command: Command, { stdin = '', asRoot = false }: RunOptions): string {
  return hash(`${String(asRoot)}\n${shellText(command)}\n${Buffer.from(stdin as string).toString('base64')}`);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function describe(command: Command): string {
  const words = 'script' in command ? ['sh', ...(command.args ?? [])] : command;
  return words.map((word) => JSON.stringify(word)).join(' ');
}

function notRecorded(name: string, directory: string, what: string): ControllerError {
  return new ControllerError(
    'not-recorded',
    `${name}: ${directory} has no answer to ${what}. Record it from a real host, or ask the host itself.`,
  );
}
