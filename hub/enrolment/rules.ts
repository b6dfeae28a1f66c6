/**
 * What travels to an offline CA, and how often newcomers may knock: pure.
 */

/** The request of a row as a file for the CA (hub/authority); `statement` is the province's present one. */
export function fileOf(
  { kind, request }: { readonly kind: 'joining' | 'renewal'; readonly request: string },
  statement: string | undefined,
): { kind: string; request: string } | { kind: string; csr: string; statement: string } {
  return kind === 'joining' ? { kind, request } : { kind, csr: request, statement: statement ?? '' };
}

/** A bucket of calls that fills again: how full it was, and when (epoch milliseconds). */
export interface Bucket {
  readonly calls: number;
  readonly atMs: number;
}

/** Calls that may come at once, and how many more each second. */
export const KNOCKS = { atOnce: 40, perSecond: 20 };

/** The bucket after one more call; undefined if it was empty. */
export function knock(bucket: Bucket, nowMs: number): Bucket | undefined {
  const refilled = bucket.calls + (Math.max(0, nowMs - bucket.atMs) / 1000) * KNOCKS.perSecond;
  const calls = Math.min(KNOCKS.atOnce, refilled) - 1;
  return calls < 0 ? undefined : { calls, atMs: nowMs };
}
