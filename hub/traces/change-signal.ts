/**
 * Lets one loop sleep until something has changed. A change between two waits is not missed; several are one.
 */

export class ChangeSignal {
  readonly #stop: AbortSignal;
  #changed = true;
  #wake: (() => void) | undefined;

  constructor(stop: AbortSignal) {
    this.#stop = stop;
    stop.addEventListener('abort', () => this.mark());
  }

  mark(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Whether something has changed that nobody has looked at. */
  get isMarked(): boolean {
    return this.#changed;
  }

  /** Whatever has changed so far is about to be looked at. */
  clear(): void {
    this.#changed = false;
  }

  /** Resolves at the next change since `clear` or the last `next`; at once when stopped. */
  async next(): Promise<void> {
    while (!this.#changed && !this.#stop.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    this.#changed = false;
  }
}
