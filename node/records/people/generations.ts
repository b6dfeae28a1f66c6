/**
 * Which generations of the key service's key this node holds tokens of, and what it does next when the hub
 * tells of others. Pure.
 *
 *   current ──begin──▶ current, next (being made) ──complete──▶ both answered in ──retire──▶ next is current
 *
 * A node that was away for all of it begins with what is served when it returns, and goes the same way.
 */

/** As the database has it. */
export interface TokenGenerations {
  /** Of `identifiers.token`. */
  readonly current: number;
  /** Of `identifiers.next_token`; null: there is no rotation. */
  readonly next: number | null;
  /** Whether whoever has a token has the next one too. */
  readonly isComplete: boolean;
  /** Whether no token of the current generation is still in `next_token`. */
  readonly isMoved: boolean;
}

/** Generations of which every identifier has its token, but for those that wait for any. */
export function servedOf({ current, next, isComplete }: TokenGenerations): number[] {
  return next !== null && isComplete ? [current, next] : [current];
}

/**
 * Of which generations an identifier that has none gets tokens: one or two, the first as its `token`; the
 * second may fail while it is not complete. 0: of the one that the key service chooses. `told`: the
 * generations that are served, that of new traces last; empty: nothing has been told.
 */
export function freshOf(
  { current, next, isComplete }: TokenGenerations,
  told: readonly number[],
): readonly [first: number, next?: number] {
  if (told.length > 0 && !told.includes(current)) return [next ?? (told.at(-1) as number)];
  if (next !== null && (isComplete || told.includes(next))) return [current, next];
  return [told.length > 0 ? current : 0];
}

export type RotationStep =
  | { readonly step: 'begin'; readonly generation: number }
  | { readonly step: 'fill' | 'abandon' | 'retire' | 'move' };

/** What comes next; undefined: all is as the hub tells. */
export function stepOf(
  { current, next, isComplete, isMoved }: TokenGenerations,
  told: readonly number[],
): RotationStep | undefined {
  // What `next_token` still holds of the current one must not be written over.
  if (!isMoved) return { step: 'move' };
  if (told.length === 0) return undefined;
  if (next !== null) {
    if (!told.includes(next)) return { step: 'abandon' };
    if (!isComplete) return { step: 'fill' };
    return told.includes(current) ? undefined : { step: 'retire' };
  }
  const generation = [...told].reverse().find((one) => one !== current);
  return generation === undefined ? undefined : { step: 'begin', generation };
}
