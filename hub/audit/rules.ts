/**
 * Compares what two memories hold about the same questions.
 */

/** A question that the memories do not agree on, and how. */
export interface Difference {
  readonly trace: string;
  readonly seq: number;
  readonly kind: 'only_node' | 'only_hub' | 'digests_differ' | 'lost' | 'only_hub_log' | 'only_hub_tables';
}

/** Questions by `trace/seq`: the digests under which they are remembered. */
export type Memory = ReadonlyMap<string, ReadonlySet<string>>;

/** The key of a question in a Memory. */
export function questionKey({ trace, seq }: { readonly trace: string; readonly seq: number }): string {
  return `${trace}/${seq}`;
}

/** `questions` as a Memory. */
export function memoryOf(
  questions: Iterable<{ readonly trace: string; readonly seq: number; readonly sha256: string }>,
): Memory {
  const memory = new Map<string, Set<string>>();
  for (const question of questions) {
    const key = questionKey(question);
    memory.set(key, (memory.get(key) ?? new Set()).add(question.sha256));
  }
  return memory;
}

/**
 * The hub's log against the province's: what the province answered and the hub says it never asked, what the
 * hub has an answer to and the province says it never gave, and the same number with different questions.
 */
export function compareWithProvince(memories: {
  readonly asked: Memory;
  /** With the instants at which the answers were stored, epoch seconds. */
  readonly answeredAtHub: ReadonlyMap<string, number>;
  readonly answeredAtNode: Memory;
  /** Whether what was answered then is in a stretch of the log that was lost, and accepted as lost. */
  readonly wasLost: (answeredAt: number) => boolean;
}): Difference[] {
  const { asked, answeredAtHub, answeredAtNode, wasLost } = memories;
  const found: Difference[] = [];
  for (const [key, digests] of answeredAtNode) {
    const ours = asked.get(key);
    if (!ours) found.push(difference(key, 'only_node'));
    else if (!sameDigests(digests, ours)) found.push(difference(key, 'digests_differ'));
  }
  for (const [key, answeredAt] of answeredAtHub) {
    if (answeredAtNode.has(key)) continue;
    found.push(difference(key, wasLost(answeredAt) ? 'lost' : 'only_hub'));
  }
  return found;
}

/**
 * The hub's log against its own table of questions, in which those of `erased` traces are no more: whether
 * these were answered is still held against the provinces' logs.
 */
export function compareOwn(log: Memory, table: Memory, erased: ReadonlySet<string>): Difference[] {
  const found: Difference[] = [];
  for (const [key, digests] of log) {
    const stored = table.get(key);
    if (!stored) {
      if (!erased.has(traceOf(key))) found.push(difference(key, 'only_hub_log'));
    } else if (!sameDigests(stored, digests)) found.push(difference(key, 'digests_differ'));
  }
  for (const key of table.keys()) if (!log.has(key)) found.push(difference(key, 'only_hub_tables'));
  return found;
}

function sameDigests(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((digest) => b.has(digest));
}

function traceOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/'));
}

function difference(key: string, kind: Difference['kind']): Difference {
  const trace = traceOf(key);
  return { trace, seq: Number(key.slice(trace.length + 1)), kind };
}
