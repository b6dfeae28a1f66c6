/**
 * The sessions of one trace: a province each that takes part in it, enrolled when it was opened or since.
 */
import type { ProvinceLink } from '../provinces/province-link.ts';
import { ProvinceSession } from './province-session.ts';
import type { SessionTrace } from './session-trace.ts';

export class TraceSessions {
  readonly #trace: SessionTrace;
  readonly #openedAtMs: number;
  #all: ProvinceSession[];

  constructor(trace: SessionTrace, openedAtMs: number, links: readonly ProvinceLink[]) {
    this.#trace = trace;
    this.#openedAtMs = openedAtMs;
    this.#all = links.filter((link) => this.#mayAsk(link)).map((link) => new ProvinceSession(link, trace));
  }

  get all(): readonly ProvinceSession[] {
    return this.#all;
  }

  of(province: string): ProvinceSession | undefined {
    return this.#all.find((session) => session.province === province);
  }

  /** The session of a province that was enrolled since, and the one that it had before it was revoked. */
  join(link: ProvinceLink): { session: ProvinceSession; before: ProvinceSession | undefined } | undefined {
    if (!this.#mayAsk(link)) return undefined;
    const before = this.of(link.province);
    if (before?.link === link) return undefined;
    before?.close();
    const session = new ProvinceSession(link, this.#trace);
    this.#all = [...this.#all.filter((other) => other !== before), session];
    return { session, before };
  }

  /** A province that was revoked before the trace was opened never was part of it. */
  #mayAsk({ revokedAtMs }: ProvinceLink): boolean {
    return revokedAtMs === undefined || revokedAtMs > this.#openedAtMs;
  }

  get isAwaited(): boolean {
    return this.#all.some((session) => session.isAwaited);
  }

  get isUnderWay(): boolean {
    return this.#all.some((session) => session.isUnderWay);
  }

  giveUpWaiting(): void {
    for (const session of this.#all) session.giveUpWaiting();
  }

  close(): void {
    for (const session of this.#all) session.close();
  }
}
