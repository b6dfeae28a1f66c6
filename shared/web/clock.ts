/**
 * The only door to time and chance in the pages.
 */

export function nowMs(): number {
  return Date.now();
}

/** Calls `then` after `ms`; the answer takes it back. */
export function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}

/** Calls `then` every `ms`; the answer ends it. */
export function every(ms: number, then: () => void): () => void {
  const timer = setInterval(then, ms);
  return () => clearInterval(timer);
}

/** A signal that gives a request up after `ms`. */
export function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}

/** A key by which a program knows a request that comes again. */
export function newKey(): string {
  return crypto.randomUUID();
}
