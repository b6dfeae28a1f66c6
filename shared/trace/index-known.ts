/**
 * Which identifiers of index cases somebody else than their own province knows: that province names them in
 * the case that it entered, so that its own word shows no slip.
 */
import type { TraceView } from './trace-state.ts';

/** For each of these numbers of pseudonyms 1 if a province other than `opener` knows it, else 0. */
export function knownBeyond(
  { evidence }: Pick<TraceView, 'evidence'>,
  { entries, opener }: { readonly entries: Int32Array; readonly opener: number },
): number[] {
  const { province, next } = evidence.knowledge.data;
  return Array.from(entries, (entry) => {
    let row = evidence.firstKnown[entry] as number;
    while (row >= 0 && province[row] === opener) row = next[row] as number;
    return row >= 0 ? 1 : 0;
  });
}
