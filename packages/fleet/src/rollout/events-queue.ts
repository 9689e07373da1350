/** Hands on what is put in to one who iterates, in order. */
export class EventQueue<T> {
  #items: T[] = [];
  #next = 0;
  #ended = false;
  #error: { readonly value: unknown } | undefined;
  #wake: PromiseWithResolvers<void> | undefined;

  /** How many nobody has taken yet. */
  get size(): number {
    return this.#items.length - this.#next;
  }

  put(item: T): void {
    this.#items.push(item);
    this.#wake?.resolve();
  }

  /** No more will come; with an error, whoever iterates is thrown it after the last. */
  end(error?: { readonly value: unknown }): void {
    this.#ended = true;
    this.#error = error;
    this.#wake?.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.#next < this.#items.length) {
        const item = this.#items[this.#next++]!;
        if (this.#next === this.#items.length) {
          this.#items = [];
          this.#next = 0;
        }
        yield item;
      }
      if (this.#error) throw this.#error.value;
      if (this.#ended) return;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
      this.#wake = undefined;
    }
  }
}
