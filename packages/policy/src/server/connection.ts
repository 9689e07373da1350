import type { Duplex } from 'node:stream';
import type { FrameLimits, FrameProblem } from '../protocol/frames.ts';
import { RequestFrames } from '../protocol/frames.ts';

export interface ConnectionOptions {
  readonly limits: FrameLimits;
  /** Milliseconds without a request after which a connection is closed. */
  readonly idle: number;
  /** Milliseconds in which a request that has begun must be complete, and in which an answer must be taken. */
  readonly request: number;
  /** The action line for one request. Never rejects. */
  answer(attributes: Record<string, string>): Promise<string>;
  /** Told why a connection is closed before its peer closed it. */
  closedFor(reason: CloseReason, message: string): void;
}

export type CloseReason =
  FrameProblem['code'] | 'idle' | 'request-too-slow' | 'answer-not-taken' | 'connection-error';

/** A connection that is being served. */
export interface Connection {
  /** Answers what has arrived and what has begun, and then closes the connection. */
  drain(): void;
  /** Closes it at once. */
  destroy(): void;
  /** Resolves when it is closed. */
  readonly done: Promise<void>;
}

/** Requests that may wait behind the one being decided before the connection is no longer read. */
const mostWaiting = 16;
/** Milliseconds a peer has to take the last answers and close its side too, once ours is closed. */
const lingering = 250;

/**
 * Serves one connection until its peer ends it: requests are answered in order, one at a time, and no more
 * is read while many wait (back-pressure). A stream that is no policy protocol is closed without an answer,
 * which makes smtpd use its default action (SMTPD_POLICY_README).
 */
export function serveConnection(stream: Duplex, options: ConnectionOptions): Connection {
  const frames = new RequestFrames(options.limits);
  const waiting: Record<string, string>[] = [];
  let busy = false;
  let ended = false;
  let draining = false;
  let timer: NodeJS.Timeout | undefined;
  /** Which time runs: that of a request that has begun is not prolonged by the bytes that trickle in. */
  let timing: 'idle' | 'request' | undefined;

  /** Starts the time that applies now; `anew` when something was completed. */
  const watch = (anew: boolean): void => {
    const next = frames.begun ? 'request' : 'idle';
    if (!anew && next === timing) return;
    clearTimeout(timer);
    timing = next;
    timer = setTimeout(expire, options[next]);
    timer.unref();
  };
  const expire = (): void => {
    // While a handler works the peer waits for us.
    if (busy) return watch(true);
    if (timing === 'request')
      close('request-too-slow', `a request was not complete within ${options.request} ms`);
    else close('idle', `no request within ${options.idle} ms`);
  };
  const close = (reason: CloseReason, message: string): void => {
    if (stream.destroyed) return;
    options.closedFor(reason, message);
    stream.destroy();
  };

  const work = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (let attributes = waiting.shift(); attributes; attributes = waiting.shift()) {
      const line = await options.answer(attributes);
      if (stream.destroyed) break;
      if (!stream.write(`action=${line}\n\n`) && !(await taken())) break;
      if (waiting.length < mostWaiting) stream.resume();
    }
    busy = false;
    if (stream.destroyed) return;
    watch(true);
    finish();
  };

  /** Waits until the peer has taken what was written; closes on one that only asks and never listens. */
  const taken = (): Promise<boolean> =>
    new Promise((resolve) => {
      const patience = setTimeout(
        () => close('answer-not-taken', `an answer was not taken within ${options.request} ms`),
        options.request,
      );
      const settle = (): void => {
        clearTimeout(patience);
        stream.off('drain', settle).off('close', settle);
        resolve(!stream.destroyed);
      };
      stream.on('drain', settle).on('close', settle);
    });

  /** Closes our side when nothing is left to answer. */
  const finish = (): void => {
    if (busy || stream.destroyed || !(ended || (draining && !frames.begun))) return;
    stream.end(() => {
      if (!ended) setTimeout(() => stream.destroy(), lingering).unref();
    });
  };

  stream.on('data', (chunk: Buffer) => {
    const { requests, problem } = frames.push(chunk);
    if (problem) {
      waiting.length = 0;
      return close(problem.code, problem.message);
    }
    waiting.push(...requests);
    if (waiting.length >= mostWaiting) stream.pause();
    watch(requests.length > 0);
    if (requests.length > 0) void work();
  });
  stream.on('end', () => {
    ended = true;
    finish();
  });
  stream.on('error', (error) => close('connection-error', error.message));
  watch(true);
  const done = new Promise<void>((resolve) => {
    stream.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return {
    drain() {
      draining = true;
      finish();
    },
    destroy: () => void stream.destroy(),
    done,
  };
}
