import { ControllerError } from '../error.ts';
import { oneLine } from '../host/answer.ts';
import type { Host, Script } from '../host/host.ts';
import { Listing } from './listing.ts';
import type { QueueMessage, QueueProblem } from './message.ts';

export interface ListOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds; ten minutes by default. */
  readonly timeout?: number;
}

/** What a listing came to, beside its messages. */
export interface Listed {
  /** Lines that could not be read; the first hundred are in `problems`. */
  readonly unreadable: number;
  readonly problems: readonly QueueProblem[];
}

/**
 * Postfix lists its queue as JSON since 3.1, and as a table for people before. `-c` names one of several instances.
 * A postqueue that does not know `-j` prints nothing but its usage.
 */
const script = `
pq() { if [ -n "$directory" ]; then postqueue -c "$directory" "$1"; else postqueue "$1"; fi; }
directory=$1
command -v postqueue >/dev/null || { echo 'there is no postqueue' >&2; exit 127; }
case $( { postconf -dh mail_version || echo 0; } 2>/dev/null) in
  0*|1*|2.*|3.0*) date '+clock %s %z'; exec 2>&1; pq -p ;;
  *) pq -j ;;
esac
`;

/**
 * Lists the queue and passes each message on as it arrives; nothing is kept. A queue in motion may show a message twice
 * or not at all: what acts on a listing looks at each message again.
 *
 * @throws ControllerError `step-failed` with what postqueue said
 */
export async function listQueue(
  host: Host,
  directory: string | undefined,
  take: (message: QueueMessage) => void,
  { signal, timeout = 600_000 }: ListOptions = {},
): Promise<Listed> {
  const listing = new Listing(take);
  let trouble: unknown;
  const command: Script = { script, args: [directory ?? ''] };
  const { status, stderr } = await host.run(command, {
    asRoot: true,
    timeout,
    passOn: true,
    limit: Number.POSITIVE_INFINITY,
    onOutput: (chunk) => {
      try {
        listing.feed(chunk);
      } catch (error) {
        trouble ??= error;
      }
    },
    ...(signal && { signal }),
  });
  if (trouble !== undefined) throw trouble;
  listing.end();
  if (status !== 0) {
    const said =
      oneLine(stderr) || listing.problems.map(({ message }) => message).join('; ') || 'without a word';
    const code = status === 127 ? 'no-postfix' : 'step-failed';
    throw new ControllerError(
      code,
      `${host.name}: listing the queue: postqueue ended with exit status ${status}: ${said}. Look whether Postfix runs there.`,
    );
  }
  return listing;
}

/**
 * The same as a stream. A reader who stops ends the command on the host.
 *
 * @yields each message that is wanted
 */
export async function* streamQueue(
  host: Host,
  directory: string | undefined,
  wanted: (message: QueueMessage) => boolean,
  options: ListOptions = {},
): AsyncGenerator<QueueMessage, Listed> {
  let waiting: QueueMessage[] = [];
  let wake = Promise.withResolvers<void>();
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  let ended = false;
  const listed = listQueue(
    host,
    directory,
    (message) => {
      if (!wanted(message)) return;
      waiting.push(message);
      wake.resolve();
    },
    { ...options, signal },
  ).finally(() => {
    ended = true;
    wake.resolve();
  });
  listed.catch(() => {}); // It is awaited below, when all that came before has been passed on.
  try {
    for (;;) {
      await wake.promise;
      const batch = waiting;
      waiting = [];
      if (!ended) wake = Promise.withResolvers<void>();
      yield* batch;
      if (ended && waiting.length === 0) return await listed;
    }
  } finally {
    if (!ended) stop.abort(new Error('nobody reads on'));
  }
}
