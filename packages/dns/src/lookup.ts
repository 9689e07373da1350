import type { Answer, ClosableResolver, FailureReason, RecordType, ResolveOptions } from './resolver.ts';
import { aborted, badName } from './failures.ts';
import { canonicalName } from './name.ts';
import { longestChain } from './wire/interpret.ts';
import { typeCodes, type Question, type Reply } from './wire/message.ts';
import type { Cancel, Transport } from './drivers/transport.ts';

/** How long a server that let a question run out of time, or could not be reached, is asked last, in ms. */
const penalty = 5_000;

interface Upstream {
  readonly transport: Transport;
  /** Until when it is asked last. */
  avoidUntil: number;
}

/**
 * A resolver over servers that are asked one after the other: the next one when one fails, never two at once, since
 * the faster of two answers need not be the better one. Those that ran out of time are asked again while there is time.
 *
 * @param deadline  how long a lookup may take with everything that belongs to it, in ms
 */
export function upstreamResolver(transports: readonly Transport[], deadline: number): ClosableResolver {
  const upstreams = transports.map((transport): Upstream => ({ transport, avoidUntil: 0 }));
  const lookups = new Set<Lookup>();
  let closing: Promise<void> | undefined;

  return {
    resolve<T extends RecordType>(
      written: string,
      type: T,
      { signal }: ResolveOptions = {},
    ): Answer<T> | Promise<Answer<T>> {
      if (signal?.aborted || closing) return aborted;
      const name = canonicalName(written);
      if (name === undefined) return badName(written);
      if (!Object.hasOwn(typeCodes, type))
        return { status: 'failed', reason: 'notimp', detail: `no records of type ${type as string}` };
      return new Promise((resolve) => {
        const lookup = new Lookup({ name, type }, upstreams, deadline, (answer) => {
          lookups.delete(lookup);
          signal?.removeEventListener('abort', lookup.abort);
          // What is asked for as T is answered as T.
          resolve(answer as Answer<T>);
        });
        lookups.add(lookup);
        signal?.addEventListener('abort', lookup.abort);
        lookup.start();
      });
    },
    close() {
      closing ??= Promise.all(transports.map((transport) => transport.close())).then(() => undefined);
      for (const lookup of lookups) lookup.abort();
      return closing;
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

/** One lookup on its way through the servers and along the aliases. */
class Lookup {
  #question: Question;
  readonly #upstreams: readonly Upstream[];
  readonly #done: (answer: Answer) => void;
  readonly #deadline: NodeJS.Timeout;
  /** Those still to ask in this round, the next one first. */
  #round: Upstream[] = [];
  /** Those that ran out of time in this round. */
  #slow: Upstream[] = [];
  #complaints: string[] = [];
  #reason: FailureReason = 'timeout';
  #aliases = 0;
  #ttl = Infinity;
  /** Whether DNSSEC proves every alias so far. */
  #authenticated = true;
  #cancel: Cancel | undefined;

  constructor(
    question: Question,
    upstreams: readonly Upstream[],
    deadline: number,
    done: (answer: Answer) => void,
  ) {
    this.#question = question;
    this.#upstreams = upstreams;
    this.#done = done;
    this.#deadline = setTimeout(() => this.#expire(deadline), deadline);
  }

  start(): void {
    this.#round = inOrder(this.#upstreams);
    this.#next();
  }

  readonly abort = (): void => this.#finish(aborted);

  #next(): void {
    let upstream = this.#round.shift();
    if (!upstream) {
      if (this.#slow.length === 0) return this.#finish(this.#failure());
      this.#round = this.#slow;
      this.#slow = [];
      upstream = this.#round.shift()!;
    }
    const asked = upstream;
    this.#cancel = asked.transport.ask(this.#question, (reply) => this.#take(reply, asked));
  }

  #take(reply: Reply, upstream: Upstream): void {
    this.#cancel = undefined;
    if (reply.status === 'failed' && reply.reason !== 'cname-loop') return this.#fail(reply, upstream);
    upstream.avoidUntil = 0;
    if (reply.status === 'failed') return this.#finish(reply);
    const ttl = Math.min(this.#ttl, reply.ttl);
    if (reply.status !== 'alias')
      return this.#finish(this.#aliases === 0 ? reply : this.#throughAliases(reply, ttl));
    if (++this.#aliases > longestChain)
      return this.#finish({
        status: 'failed',
        reason: 'cname-loop',
        detail: `more than ${longestChain} CNAMEs in a row`,
      });
    this.#ttl = ttl;
    this.#authenticated &&= reply.authenticated ?? false;
    this.#question = { name: reply.target, type: this.#question.type };
    this.#slow = [];
    this.start();
  }

  /** An answer is no surer than the aliases that led to it, and holds no longer. */
  #throughAliases(answer: Exclude<Answer, { status: 'failed' }>, ttl: number): Answer {
    const { authenticated, ...rest } = answer;
    return { ...rest, ttl, ...(authenticated && this.#authenticated ? { authenticated } : {}) };
  }

  #fail({ reason, detail }: Extract<Answer, { status: 'failed' }>, upstream: Upstream): void {
    const { server } = upstream.transport;
    if (reason === 'timeout' || reason === 'network') upstream.avoidUntil = performance.now() + penalty;
    if (reason === 'timeout') this.#slow.push(upstream);
    const complaint = `${server}: ${detail ?? reason}`;
    if (!this.#complaints.includes(complaint)) this.#complaints.push(complaint);
    if (weight(reason) >= weight(this.#reason)) this.#reason = reason;
    this.#next();
  }

  #failure(): Answer {
    return { status: 'failed', reason: this.#reason, detail: this.#complaints.join('; ') };
  }

  #expire(deadline: number): void {
    this.#complaints.push(`given up after ${deadline} ms`);
    this.#finish(this.#failure());
  }

  #finish(answer: Answer): void {
    clearTimeout(this.#deadline);
    this.#cancel?.();
    this.#cancel = undefined;
    this.#done(answer);
  }
}

/** What a server said tells more than that another one could not be reached, and that more than silence. */
function weight(reason: FailureReason): number {
  if (reason === 'timeout') return 0;
  return reason === 'network' ? 1 : 2;
}

/** As given, but those that lately did not answer come last. */
function inOrder(upstreams: readonly Upstream[]): Upstream[] {
  if (upstreams.length === 1) return [upstreams[0]!];
  const now = performance.now();
  return [
    ...upstreams.filter((one) => one.avoidUntil <= now),
    ...upstreams.filter((one) => one.avoidUntil > now),
  ];
}
