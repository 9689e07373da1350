/** Cuts bytes that arrive in pieces into lines, without keeping what has been passed on. A last line without an end counts. */
export class Lines {
  #rest: Buffer[] = [];
  #length = 0;
  readonly #take: (line: string) => void;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  feed(chunk: Buffer): void {
    let start = 0;
    let end = chunk.indexOf(newline);
    if (end !== -1 && this.#length > 0) {
      this.#keep(chunk.subarray(0, end));
      this.end();
      start = end + 1;
      end = chunk.indexOf(newline, start);
    }
    for (; end !== -1; end = chunk.indexOf(newline, start)) {
      this.#take(chunk.toString('utf8', start, end));
      start = end + 1;
    }
    if (start === chunk.length) return;
    this.#keep(Buffer.from(chunk.subarray(start)));
    // A line without end is nobody's listing; it must not fill the memory.
    if (this.#length > longestLine) this.end();
  }

  end(): void {
    if (this.#length === 0) return;
    const line = Buffer.concat(this.#rest).toString();
    this.#rest = [];
    this.#length = 0;
    this.#take(line);
  }

  #keep(piece: Buffer): void {
    this.#rest.push(piece);
    this.#length += piece.length;
  }
}

const newline = 10;
/** A message with 100 000 recipients and their reasons stays below. */
const longestLine: number = 64 * 2 ** 20;
