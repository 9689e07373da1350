/** Cuts a stream into messages, each after its length in two bytes (RFC 1035, 4.2.2), however it is chopped up. */
export class Frames {
  readonly #take: (message: Buffer) => void;
  /** The message being filled, its two bytes of length while those are not complete. */
  #filling: Buffer = Buffer.allocUnsafe(2);
  #filled = 0;
  #inLength = true;

  constructor(take: (message: Buffer) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(this.#filling, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#filling.length) this.#full();
    }
  }

  #full(): void {
    const bytes = this.#filling;
    const size = this.#inLength ? bytes.readUInt16BE() : 0;
    this.#filled = 0;
    this.#filling = Buffer.allocUnsafe(size || 2);
    if (!this.#inLength) this.#take(bytes);
    // A message of no bytes is no message: the next two are a length again.
    this.#inLength = size === 0;
  }
}
