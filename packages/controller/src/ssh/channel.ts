import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { ControllerError } from '../error.ts';
import { Answer } from '../host/answer.ts';
import { commandLine, seal, sealInline, type Elevation, type Envelope } from '../host/envelope.ts';
import { defaultTimeout, type Command, type Outcome, type RunOptions } from '../host/host.ts';
import { statusOf, timedOut } from '../host/local.ts';
import { shellText } from '../host/shell-text.ts';
import type { LoggedIn } from './client.ts';
import type { Slots } from './slots.ts';

/**
 * Runs one command in a channel of its own.
 *
 * @throws ControllerError `outcome-unknown` when the channel closes without saying how the command ended: it may
 *   well have run to its end
 */
export async function execute(
  name: string,
  way: LoggedIn,
  slots: Slots,
  command: Command,
  options: RunOptions,
  elevation: Elevation | undefined,
): Promise<Outcome> {
  const { signal, timeout = defaultTimeout } = options;
  signal?.throwIfAborted();
  const envelope = envelopeFor(command, options, elevation);
  const release = await slots.take();
  const opened = await openWhenFree(name, way, envelope).catch((error: unknown) => {
    release();
    throw error;
  });
  const { channel } = opened;
  // One that was given up counts for sshd until it is closed.
  void opened.closed.then(release);
  const answer = new Answer(name, envelope.mark, options);
  return new Promise<Outcome>((resolve, reject) => {
    const timer = setTimeout(() => stop(timedOut(name, timeout)), timeout);
    const aborted = (): void => stop(signal?.reason);
    const stopWaiting = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    };
    const stop = (reason: unknown): void => {
      stopWaiting();
      reject(reason);
      // sshd passes it on to all of the session's processes; where it does not, closing ends those that write.
      channel.signal('KILL');
      channel.close();
    };
    signal?.addEventListener('abort', aborted, { once: true });
    channel.on('data', (chunk: Buffer) => answer.takeOut(chunk) || stop(answer.tooMuch()));
    channel.stderr.on('data', (chunk: Buffer) => answer.takeError(chunk) || stop(answer.tooMuch()));
    void opened.closed.then(() => {
      stopWaiting();
      if (opened.status === undefined) return reject(lost(name, way));
      try {
        resolve(answer.outcome(opened.status));
      } catch (error) {
        reject(error);
      }
    });
    channel.end(envelope.stdin);
  });
}

function envelopeFor(command: Command, { stdin }: RunOptions, elevation: Elevation | undefined): Envelope {
  const text = shellText(command);
  const bare = stdin === undefined && elevation?.password === undefined;
  return (bare ? sealInline(text, elevation !== undefined) : undefined) ?? seal(text, stdin, elevation);
}

/** A channel whose end is noted from its first moment on. */
interface OpenChannel {
  readonly channel: ClientChannel;
  /** How the command ended, once sshd has said so. */
  status: number | undefined;
  readonly closed: Promise<void>;
}

/**
 * Listens for the end of a channel. A short command's output, status and close may arrive in one piece with the word
 * that it was started, so this is done before anything else has a turn.
 */
function watchEnd(channel: ClientChannel): OpenChannel {
  const closed = Promise.withResolvers<void>();
  const opened: OpenChannel = { channel, status: undefined, closed: closed.promise };
  channel.on('exit', (status: number | null, killedBy?: string) => {
    opened.status = status ?? statusOf(`SIG${killedBy?.replace(/^SIG/, '') ?? ''}`);
  });
  channel.on('error', () => {}); // The close that follows says it.
  channel.once('close', () => closed.resolve());
  return opened;
}

/** sshd still counts a session for a moment after it has closed; then it opens no more than MaxSessions. */
async function openWhenFree(name: string, way: LoggedIn, envelope: Envelope): Promise<OpenChannel> {
  for (let wait = 25; ; wait *= 2) {
    try {
      return await openChannel(name, way, envelope);
    } catch (error) {
      const isFull = error instanceof ControllerError && /open failure/i.test(String(error.cause));
      if (!isFull || wait > 1600) throw error;
      await sleep(wait);
    }
  }
}

function openChannel(name: string, way: LoggedIn, envelope: Envelope): Promise<OpenChannel> {
  if (way.ended !== undefined) return Promise.reject(notConnected(name, way.ended));
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(lost(name, way));
    way.client.once('close', closed);
    const settle = (): void => void way.client.off('close', closed);
    try {
      way.client.exec(commandLine(envelope), (error, channel) => {
        settle();
        if (error) reject(notConnected(name, error.message, error));
        else resolve(watchEnd(channel));
      });
    } catch (error) {
      settle();
      reject(notConnected(name, error instanceof Error ? error.message : String(error), error));
    }
  });
}

function notConnected(name: string, reason: string, cause?: unknown): ControllerError {
  return new ControllerError('unreachable', `${name}: no command can be sent: ${reason}. Connect again.`, {
    cause,
  });
}

function lost(name: string, way: LoggedIn): ControllerError {
  return new ControllerError(
    'outcome-unknown',
    `${name}: the connection broke while a command ran${way.ended === undefined ? '' : ` (${way.ended})`}. ` +
      'Whether it did its work is not known; look at the host before doing it again.',
  );
}
