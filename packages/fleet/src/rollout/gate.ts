import { isFailure, type HostResult, type RolloutHalted } from './event.ts';

/** Whether one more host may be begun. */
export class Gate {
  /** Why none is begun any more; what is under way goes to its end. */
  closed: Pick<RolloutHalted, 'type' | 'because'> | undefined;
  #allowed = 0;
  #failures: number;
  #hold: PromiseWithResolvers<void> | undefined;
  readonly #onClose: (() => void)[] = [];

  constructor(failures: number) {
    this.#failures = failures;
  }

  /** Failures that there may be before it closes. */
  get allowed(): number {
    return this.#allowed;
  }

  allow(failures: number): void {
    this.#allowed = failures;
    this.#judge();
  }

  count(result: Pick<HostResult, 'status'>): void {
    if (isFailure(result)) this.#failures += 1;
    this.#judge();
  }

  close(type: RolloutHalted['type'], because: string): void {
    if (this.closed) return;
    this.closed = { type, because };
    this.open();
    for (const listener of this.#onClose.splice(0)) listener();
  }

  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** Begins none until it is opened again. */
  hold(): void {
    this.#hold ??= Promise.withResolvers();
  }

  open(): void {
    this.#hold?.resolve();
    this.#hold = undefined;
  }

  /** Resolves when a host may be begun, and says whether one may at all. */
  async pass(): Promise<boolean> {
    await this.#hold?.promise;
    return this.closed === undefined;
  }

  /** Calls back once when it closes, at once if it is. */
  whenClosed(listener: () => void): void {
    if (this.closed) listener();
    else this.#onClose.push(listener);
  }

  #judge(): void {
    if (this.#failures <= this.#allowed) return;
    const hosts = this.#failures === 1 ? '1 host has' : `${this.#failures} hosts have`;
    this.close(
      'stopped',
      `${hosts} failed, and ${this.#allowed === 0 ? 'none' : `no more than ${this.#allowed}`} may`,
    );
  }
}
