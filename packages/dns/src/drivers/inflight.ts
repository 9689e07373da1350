import type { Question, Reply } from '../wire/message.ts';
import type { Cancel, Transport } from './transport.ts';

interface Waiting {
  readonly question: Question;
  readonly done: (reply: Reply) => void;
  /** Set when its turn has come. */
  cancel: Cancel | undefined;
  gone: boolean;
}

/**
 * Lets at most `limit` questions be under way at one server; the others wait their turn, first come first served.
 * More at once only overflow the server's receive buffer, and what overflows is lost.
 */
export function limitInflight(transport: Transport, limit: number): Transport {
  const queue: Waiting[] = [];
  let head = 0;
  let inflight = 0;

  function send(waiting: Waiting): void {
    inflight++;
    waiting.cancel = transport.ask(waiting.question, (reply) => {
      waiting.gone = true;
      release();
      waiting.done(reply);
    });
  }

  function release(): void {
    inflight--;
    while (inflight < limit && head < queue.length) {
      const next = queue[head++]!;
      if (!next.gone) send(next);
    }
    if (head === queue.length) queue.length = head = 0;
    else if (head > 1024 && head * 2 > queue.length) {
      queue.splice(0, head);
      head = 0;
    }
  }

  return {
    server: transport.server,
    ask(question, done) {
      const waiting: Waiting = { question, done, cancel: undefined, gone: false };
      if (inflight < limit) send(waiting);
      else queue.push(waiting);
      return () => {
        if (waiting.gone) return;
        waiting.gone = true;
        if (!waiting.cancel) return;
        waiting.cancel();
        release();
      };
    },
    close() {
      queue.length = head = 0;
      return transport.close();
    },
  };
}
