/**
 * When a certificate is to be renewed: pure.
 */

/** Instants, epoch milliseconds. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const LONGEST_MS = 3_600_000;
const SHORTEST_MS = 250;

/**
 * Milliseconds until the next look: 0 when a third of the life is left or less; once asked in vain, a tenth
 * of what is left. At most an hour: the files may have been replaced by hand.
 */
export function renewalWait(
  { notBeforeMs, notAfterMs }: Validity,
  { nowMs, asked }: { readonly nowMs: number; readonly asked: boolean },
): number {
  const dueMs = notAfterMs - (notAfterMs - notBeforeMs) / 3;
  if (nowMs < dueMs) return Math.min(LONGEST_MS, dueMs - nowMs);
  if (!asked) return 0;
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (notAfterMs - nowMs) / 10));
}
