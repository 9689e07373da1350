import type { Duplex } from 'node:stream';
import type { FrameLimits, FrameProblem } from '../protocol/frames.ts';
import { RequestFrames } from '../protocol/frames.ts';

export interface ConnectionOptions {
  readonly limits: FrameLimits;
  /** Milliseconds without a byte after which a connection is closed. */
  readonly idle: number;
  /** Milliseconds in which a request that has begun must be complete. */
  readonly request: number;
  /** The action line for one request. Never rejects. */
  answer(attributes: Record<string, string>): Promise<string>;
  /** Told why a connection is closed before its peer closed it. */
  closedFor(
    problem: FrameProblem['code'] | 'idle' | 'request-too-slow' | 'connection-error',
    message: string,
  ): void;
}

/** Requests that may wait behind the one being decided before the connection is no longer read. */
const mostWaiting = 16;

/**
 * Serves one connection until its peer ends it: requests are answered in order, one at a time, and no more
 * is read while many wait (back-pressure). A stream that is no policy protocol is closed without an answer,
 * which makes smtpd use its default action (SMTPD_POLICY_README).
 *
 * @returns a function that lets it finish what it has begun and then closes it
 */
export function serveConnection(
  stream: Duplex,
  options: ConnectionOptions,
): { readonly drain: () => void; readonly done: Promise<void> } {
  const frames = new RequestFrames(options.limits);
  const waiting: Record<string, string>[] = [];
  let busy = false;
  let ended = false;
  let draining = false;
  let timer: NodeJS.Timeout | undefined;
  let timerIsForRequest = false;

  const watch = (): void => {
    const forRequest = frames.begun;
    // A request that trickles in does not get its time anew with each byte.
    if (timer && forRequest && timerIsForRequest) return;
    clearTimeout(timer);
    timerIsForRequest = forRequest;
    const milliseconds = forRequest ? options.request : options.idle;
    timer = setTimeout(() => {
      if (busy) return watchAgain();
      const code = forRequest ? 'request-too-slow' : 'idle';
      close(code, `${forRequest ? 'a request was not complete' : 'no request'} within ${milliseconds} ms`);
    }, milliseconds);
    timer.unref();
  };
  const watchAgain = (): void => {
    timer = undefined;
    watch();
  };

  const close = (code: Parameters<ConnectionOptions['closedFor']>[0], message: string): void => {
    if (!stream.destroyed) options.closedFor(code, message);
    stream.destroy();
  };

  const work = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (let attributes = waiting.shift(); attributes; attributes = waiting.shift()) {
      const line = await options.answer(attributes);
      if (stream.destroyed) break;
      const flushed = stream.write(`action=${line}\n\n`);
      if (!flushed) await new Promise<void>((resolve) => onceAny(stream, ['drain', 'close'], resolve));
      if (waiting.length < mostWaiting) stream.resume();
    }
    busy = false;
    watchAgain();
    if ((ended || (draining && !frames.begun)) && !stream.destroyed) stream.end();
  };

  stream.on('data', (chunk: Buffer) => {
    const { requests, problem } = frames.push(chunk);
    waiting.push(...requests);
    if (waiting.length >= mostWaiting) stream.pause();
    watch();
    if (requests.length > 0) void work();
    if (problem) {
      waiting.length = 0;
      close(problem.code, problem.message);
    }
  });
  stream.on('end', () => {
    ended = true;
    if (!busy) stream.end();
  });
  stream.on('error', (error) => {
    options.closedFor('connection-error', error.message);
    stream.destroy();
  });
  watch();
  const done = new Promise<void>((resolve) => {
    stream.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return {
    drain(): void {
      draining = true;
      if (!busy && !frames.begun) stream.end();
    },
    done,
  };
}

function onceAny(stream: Duplex, events: readonly string[], listener: () => void): void {
  const once = (): void => {
    for (const event of events) stream.off(event, once);
    listener();
  };
  for (const event of events) stream.once(event, once);
}
