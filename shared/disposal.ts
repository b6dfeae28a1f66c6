/**
 * Collects what a program has built, and takes it down in the reverse order: Node 20 has no
 * AsyncDisposableStack.
 */

export class Disposal implements AsyncDisposable {
  #steps: (() => PromiseLike<void> | void)[] = [];

  /** Takes `resource` down when its turn comes; returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#steps.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Runs `step` when its turn comes. */
  defer(step: () => PromiseLike<void> | void): void {
    this.#steps.push(step);
  }

  /** Hands everything over to a new owner: disposing of this one does nothing then. */
  move(): Disposal {
    const owner = new Disposal();
    owner.#steps = this.#steps;
    this.#steps = [];
    return owner;
  }

  /** Runs all steps, also after one has failed; rejects with the first failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
