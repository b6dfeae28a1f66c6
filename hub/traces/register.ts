/**
 * Every open trace, in a few hundred bytes each: who opened it, when it expires, whether it is at rest and
 * for which provinces it waits then. Only memory; what is stored is the truth.
 */

export interface OpenTrace {
  readonly id: string;
  /** That opened it. */
  readonly province: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/** What is known of a trace at rest: provinces that were asked, and those of them that are not current. */
export interface Rest {
  readonly asked: readonly string[];
  readonly waitsFor: readonly string[];
}

interface Entry extends OpenTrace {
  rest: Rest | undefined;
  /** For which it waited when it was at rest last. */
  waitedFor: readonly string[];
}

export class Register {
  readonly #entries = new Map<string, Entry>();
  readonly #ofProvince = new Map<string, number>();
  /** Traces at rest by province that they wait for, those that have waited longest first. */
  readonly #waiting = new Map<string, Set<string>>();

  add(trace: OpenTrace, rest?: Rest): void {
    this.remove(trace.id);
    this.#entries.set(trace.id, { ...trace, rest: undefined, waitedFor: [] });
    this.#ofProvince.set(trace.province, this.countOf(trace.province) + 1);
    if (rest) this.putToRest(trace.id, rest);
  }

  /** The trace has ended. */
  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.takeUp(id);
    this.#entries.delete(id);
    this.#ofProvince.set(entry.province, this.countOf(entry.province) - 1);
  }

  get(id: string): OpenTrace | undefined {
    return this.#entries.get(id);
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  isAtRest(id: string): boolean {
    return this.#entries.get(id)?.rest !== undefined;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Open traces that a province has opened. */
  countOf(province: string): number {
    return this.#ofProvince.get(province) ?? 0;
  }

  /** The trace is at rest; the provinces for which it waits no longer. */
  putToRest(id: string, rest: Rest): string[] {
    this.takeUp(id);
    const entry = this.#entries.get(id);
    if (!entry) return [];
    entry.rest = rest;
    for (const province of rest.waitsFor) {
      const waiting = this.#waiting.get(province) ?? new Set();
      this.#waiting.set(province, waiting.add(id));
    }
    return entry.waitedFor.filter((province) => !rest.waitsFor.includes(province));
  }

  /** The trace is at rest no longer. */
  takeUp(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.rest === undefined) return;
    for (const province of entry.rest.waitsFor) this.#waiting.get(province)?.delete(id);
    entry.waitedFor = entry.rest.waitsFor;
    entry.rest = undefined;
  }

  /** At most `limit` traces at rest that wait for the province, those that have waited longest first. */
  waitingFor(province: string, limit = Number.POSITIVE_INFINITY): string[] {
    const found: string[] = [];
    for (const id of this.#waiting.get(province) ?? []) {
      if (found.length >= limit) break;
      found.push(id);
    }
    return found;
  }

  /** Traces at rest in which not all of `provinces` were asked. */
  notAskedYet(provinces: readonly string[]): string[] {
    return this.#ids(({ rest }) => rest !== undefined && !provinces.every((one) => rest.asked.includes(one)));
  }

  /** Traces that a province opened. */
  openedBy(province: string): string[] {
    return this.#ids((entry) => entry.province === province);
  }

  /** Traces whose opening ends at `now` (epoch seconds) or before. */
  expired(now: number): string[] {
    return this.#ids(({ expiresAt }) => expiresAt <= now);
  }

  /** How many are at rest. */
  get resting(): number {
    return this.#ids(({ rest }) => rest !== undefined).length;
  }

  #ids(matches: (entry: Entry) => boolean): string[] {
    const ids: string[] = [];
    for (const entry of this.#entries.values()) if (matches(entry)) ids.push(entry.id);
    return ids;
  }
}
