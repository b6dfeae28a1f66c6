/**
 * Keeps two things apart: putting traces to rest, and changing what a trace at rest would have to know. A
 * rest waits for the changes under way, and changes that begin meanwhile wait for it: so neither starves, and
 * what is put to rest has heard of everything that is stored. A change must not begin another.
 */

export class RestGate {
  readonly #changes = new Set<Promise<void>>();
  #rest: Promise<void> = Promise.resolve();

  /** Runs a change beside others, and beside no rest. */
  async change<T>(work: () => Promise<T>): Promise<T> {
    await this.#rest;
    const running = work();
    const over = settled(running).then(() => void this.#changes.delete(over));
    this.#changes.add(over);
    return running;
  }

  /** Puts to rest, alone. */
  rest<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#rest.then(() => Promise.all(this.#changes)).then(work);
    this.#rest = settled(running);
    return running;
  }
}

function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => undefined,
    () => undefined,
  );
}
