/**
 * One after the other: who takes a turn under a name waits for all that took one before.
 */
export class Turns {
  /** Ends of the last turns. */
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Resolves when all turns taken before are over, or `signal` aborts; who comes next waits for its disposal.
   */
  async take(name: string, signal?: AbortSignal): Promise<AsyncDisposable> {
    const before = this.#last.get(name) ?? Promise.resolve();
    let end = () => {};
    const own = new Promise<void>((resolve) => {
      end = resolve;
    });
    const over = Promise.all([before, own]);
    this.#last.set(name, over);
    await (signal ? Promise.race([before, aborted(signal)]) : before);
    return {
      [Symbol.asyncDispose]: async () => {
        if (this.#last.get(name) === over) this.#last.delete(name);
        end();
      },
    };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
