import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FleetError } from '../error.ts';
import type { HostEvent } from '../rollout/event.ts';
import { lockJournal, type JournalLock } from './lock.ts';

/**
 * The events of a rollout in a file, one JSON document a line, that survives the death of its writer at any moment.
 * A line that was cut short is the last one, and counts for nothing.
 */
export interface Journal extends AsyncDisposable {
  /** Resolves when the event is on the disk. Many that wait at the same time share one fsync. */
  append(event: HostEvent): Promise<void>;
  close(): Promise<void>;
}

/** What stands in a journal; empty where there is none. @throws FleetError `unreadable`, `damaged-journal` */
export async function readJournal(file: string): Promise<HostEvent[]> {
  const text = await readText(file);
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as HostEvent;
    } catch (error) {
      throw new FleetError(
        'damaged-journal',
        `${file}:${index + 1}: this is no event of a rollout. Restore the file, or begin a new rollout with another journal: ` +
          'hosts that are done already are found to need nothing.',
        { cause: error },
      );
    }
  });
}

/**
 * Opens a journal to add to; on Linux one process has it at a time.
 *
 * @param onPause  called when somebody asks for a pause
 * @throws FleetError `in-use`, `cannot-write`
 */
export async function openJournal(file: string, onPause: () => void): Promise<Journal> {
  let lock: JournalLock | undefined;
  let handle: FileHandle;
  try {
    await mkdir(dirname(file), { recursive: true });
    lock = await lockJournal(file, () => latestIn(file), onPause);
    handle = await open(file, 'a+', 0o600);
    await cutTail(handle);
    const folder = await open(dirname(file), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    await lock?.close();
    throw error instanceof FleetError ? error : cannotWrite(file, error);
  }
  const writer = new Writer(file, handle);
  const close = async (): Promise<void> => {
    await writer.drained();
    await handle.close();
    await lock?.close();
  };
  return { append: (event) => writer.append(event), close, [Symbol.asyncDispose]: close };
}

async function latestIn(file: string): Promise<string | undefined> {
  return (await readJournal(file)).findLast((event) => event.type === 'rollout')?.id;
}

/** Writes what has gathered in one go, and again as long as more gathers. */
class Writer {
  readonly #file: string;
  readonly #handle: FileHandle;
  #waiting: { line: string; done: PromiseWithResolvers<void> }[] = [];
  #running: Promise<void> | undefined;

  constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  append(event: HostEvent): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ line: `${JSON.stringify(event)}\n`, done });
    this.#running ??= this.#run();
    return done.promise;
  }

  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#handle.appendFile(batch.map(({ line }) => line).join(''));
        await this.#handle.datasync();
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(cannotWrite(this.#file, error));
      }
    }
    this.#running = undefined;
  }
}

/** Takes away what a writer that was killed has left of its last line. */
async function cutTail(handle: FileHandle): Promise<void> {
  const text = await handle.readFile();
  const whole = text.lastIndexOf(0x0a) + 1;
  if (whole < text.length) await handle.truncate(whole);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    const reason = error instanceof Error ? error.message : String(error);
    throw new FleetError('unreadable', `${file}: the journal cannot be read: ${reason}`, { cause: error });
  }
}

function cannotWrite(file: string, error: unknown): FleetError {
  const reason = error instanceof Error ? error.message : String(error);
  return new FleetError('cannot-write', `${file}: the journal cannot be written: ${reason}`, {
    cause: error,
  });
}
