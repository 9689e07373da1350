import { oneLine } from '../host/answer.ts';
import { parseJsonMessage } from './json-message.ts';
import { Lines } from './lines.ts';
import type { QueueMessage, QueueProblem } from './message.ts';
import { TextListing } from './text-listing.ts';

/**
 * Reads a listing as it arrives, of either kind: `postqueue -j` has a JSON object a line, `postqueue -p` (before
 * Postfix 3.1) a table. Which it is shows in its first line. What cannot be read is counted and the rest goes on.
 */
export class Listing {
  /** The first hundred of what could not be read. */
  readonly problems: QueueProblem[] = [];
  /** How many lines could not be read. */
  unreadable = 0;
  readonly #lines: Lines;
  readonly #take: (message: QueueMessage) => void;
  #text: TextListing | undefined;
  #count = 0;

  constructor(take: (message: QueueMessage) => void) {
    this.#take = take;
    this.#lines = new Lines((line) => this.#line(line));
  }

  feed(chunk: Buffer): void {
    this.#lines.feed(chunk);
  }

  end(): void {
    this.#lines.end();
    this.#text?.end();
  }

  #line(line: string): void {
    this.#count++;
    if (this.#text !== undefined) this.#text.line(line, this.#count);
    else if (line.startsWith('{')) {
      const message = parseJsonMessage(line);
      if (message === undefined) this.#problem(this.#count, line);
      else this.#take(message);
    } else if (/^clock \d+ [+-]\d{4}$/.test(line)) {
      const [, now, zone] = line.split(' ');
      this.#text = new TextListing(Number(now), zone!, this.#take, (number, text) =>
        this.#problem(number, text),
      );
    } else if (line !== '') this.#problem(this.#count, line);
  }

  #problem(line: number, text: string): void {
    this.unreadable++;
    if (this.problems.length < 100) {
      this.problems.push({ line, message: `not a line of a queue listing: ${oneLine(text, 80)}` });
    }
  }
}
