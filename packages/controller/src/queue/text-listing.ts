import { nullSenderName, type QueueMessage, type QueueName, type QueueRecipient } from './message.ts';
import { isQueueId } from './queue-id.ts';

/**
 * The table of `postqueue -p`, for Postfix before 3.1. A message goes to the next blank line; a reason stands before
 * the recipients it holds for.
 *
 *     8FCD15176*     2574 Mon Nov 23 16:16:34  MAILER-DAEMON
 *              ^ * active, ! on hold           ^ sender
 *                      (connect to mx.example[192.0.2.1]:25: Connection refused)
 *                                              kari@example
 *
 * Times are the host's own and have no year: the last such moment before now is meant.
 */
export class TextListing {
  readonly #now: number;
  readonly #offset: number;
  readonly #take: (message: QueueMessage) => void;
  readonly #problem: (line: number, text: string) => void;
  #head: Omit<QueueMessage, 'recipients'> | undefined;
  #recipients: QueueRecipient[] = [];
  #reason = '';

  /**
   * @param now   the host's clock, seconds since 1970
   * @param zone  its distance from UTC, `+0100`
   */
  constructor(
    now: number,
    zone: string,
    take: (message: QueueMessage) => void,
    problem: (line: number, text: string) => void,
  ) {
    this.#now = now;
    const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
    this.#offset = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
    this.#take = take;
    this.#problem = problem;
  }

  line(line: string, number: number): void {
    if (line === '') return this.#flush();
    const head =
      /^([0-9A-Za-z]+)([*!]?)#? +(\d+) [A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d):(\d\d):(\d\d) +(.*)$/.exec(
        line,
      );
    if (head) {
      this.#flush();
      const [, id = '', mark = '', size, month = '', day, hour, minute, second, sender = ''] = head;
      if (!isQueueId(id)) return this.#problem(number, line);
      this.#head = {
        queue: queueOf(mark),
        id,
        arrived: this.#moment(month, Number(day), Number(hour) * 3600 + Number(minute) * 60 + Number(second)),
        size: Number(size),
        sender: sender === nullSenderName ? '' : sender,
      };
    } else if (this.#head !== undefined && /^ +\(.*\)$/.test(line)) {
      this.#reason = line.trim().slice(1, -1);
    } else if (this.#head !== undefined && /^ +\S/.test(line)) {
      this.#recipients.push({ address: line.trim(), reason: this.#reason });
    } else if (!/^-Queue ID-|^-- \d+ [KM]?bytes? in |^Mail queue is empty$/i.test(line)) {
      this.#problem(number, line);
    }
  }

  end(): void {
    this.#flush();
  }

  #flush(): void {
    if (this.#head !== undefined) this.#take({ ...this.#head, recipients: this.#recipients });
    this.#head = undefined;
    this.#recipients = [];
    this.#reason = '';
  }

  #moment(month: string, day: number, seconds: number): number {
    const year = new Date(this.#now * 1000).getUTCFullYear();
    const at = (one: number): number =>
      Date.UTC(one, months.indexOf(month), day) / 1000 + seconds - this.#offset;
    // A clock may be a little ahead of what it has stamped.
    return at(year) > this.#now + 86_400 ? at(year - 1) : at(year);
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function queueOf(mark: string): QueueName {
  if (mark === '*') return 'active';
  return mark === '!' ? 'hold' : 'deferred';
}
