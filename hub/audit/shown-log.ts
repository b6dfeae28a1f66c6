/**
 * A province's audit log as it shows it to the hub: taken at its word only as far as its signed checkpoint,
 * and the one that the hub holds already, bear it out.
 */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { type Checkpoint, nodeOrigin, openCheckpoint } from '../../shared/audit/checkpoint.ts';
import { leafHash, TreeBuilder } from '../../shared/audit/merkle.ts';
import { AppError } from '../../shared/errors.ts';

/** A part of a log, in its order. */
export interface LogPage {
  /** In the first page alone. */
  readonly checkpoint: string | undefined;
  readonly leaves: readonly { readonly hash: Uint8Array; readonly answered: string | undefined }[];
}

/** A question of a trace that a log remembers. */
export interface RememberedQuestion {
  readonly trace: string;
  readonly seq: number;
  /** Of the encoded question, hex. */
  readonly sha256: string;
}

export interface ShownLogOptions {
  readonly province: string;
  readonly key: KeyObject;
  /** The newest checkpoint of that province that we hold. */
  readonly held: Checkpoint | undefined;
  /** Of which sizes the roots are wanted. */
  readonly sizes?: ReadonlySet<number> | undefined;
}

export interface ShownLog {
  readonly size: number;
  readonly questions: readonly RememberedQuestion[];
  readonly roots: ReadonlyMap<number, Uint8Array>;
}

/** How entries name the trace that they are about: older ones under `trace`. */
export const subjectsShape = {
  trace: z.string().optional(),
  on: z.array(z.object({ trace: z.string().optional() })).optional(),
};

const answeredShape = z.object({
  action: z.literal('question.answered'),
  ...subjectsShape,
  detail: z.object({ seq: z.int(), question_sha256: z.string() }),
});

/**
 * The questions that the province has answered by its own log, with the size of that log and the roots that
 * it had at `sizes`. Throws
 * FAILED_PRECONDITION: BAD_CHECKPOINT (as PERMISSION_DENIED), AUDIT_LOG_TRUNCATED and AUDIT_LOG_REWRITTEN
 * (not what it had shown before), AUDIT_LOG_INCOMPLETE (not what its checkpoint says).
 */
export async function takeShownLog(
  pages: AsyncIterable<LogPage>,
  { province, key, held, sizes }: ShownLogOptions,
): Promise<ShownLog> {
  const builder = new TreeBuilder();
  const questions: RememberedQuestion[] = [];
  const roots = new Map<number, Uint8Array>();
  let claimed: Checkpoint | undefined;
  const compareHeld = () => {
    if (held?.size === builder.size && differs(held.root, builder.root())) throw refused('REWRITTEN');
  };
  for await (const { checkpoint, leaves } of pages) {
    if (checkpoint !== undefined) claimed ??= openCheckpoint(checkpoint, nodeOrigin(province), key);
    if (!claimed) throw refused('INCOMPLETE');
    if (held && claimed.size < held.size) throw refused('TRUNCATED');
    for (const { hash, answered } of leaves) {
      if (answered !== undefined) questions.push(questionIn(answered, hash));
      builder.append(hash);
      compareHeld();
      if (sizes?.has(builder.size)) roots.set(builder.size, builder.root());
    }
    if (builder.size > claimed.size) throw refused('INCOMPLETE');
  }
  if (!claimed || builder.size !== claimed.size || differs(claimed.root, builder.root())) {
    throw refused('INCOMPLETE');
  }
  return { size: claimed.size, questions, roots };
}

function questionIn(text: string, hash: Uint8Array): RememberedQuestion {
  if (differs(leafHash(text), hash)) throw refused('INCOMPLETE');
  const { detail, ...subjects } = parsedEntry(answeredShape, text);
  return { trace: traceIn(subjects), seq: detail.seq, sha256: detail.question_sha256 };
}

/** The trace of an entry. Throws FAILED_PRECONDITION AUDIT_LOG_INCOMPLETE if it names none. */
export function traceIn({ trace, on = [] }: z.output<z.ZodObject<typeof subjectsShape>>): string {
  const named = trace ?? on.find((subject) => subject.trace !== undefined)?.trace;
  if (named === undefined) throw refused('INCOMPLETE');
  return named;
}

/** An entry of a log. Throws FAILED_PRECONDITION AUDIT_LOG_INCOMPLETE if it is none of this kind. */
export function parsedEntry<T extends z.ZodType>(shape: T, text: string): z.output<T> {
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    throw refused('INCOMPLETE');
  }
}

const WHY = {
  TRUNCATED: 'it is shorter than it was',
  REWRITTEN: 'it does not continue what it was',
  INCOMPLETE: 'it is not what its checkpoint says',
} as const;

function refused(word: keyof typeof WHY): AppError {
  return new AppError('FAILED_PRECONDITION', `AUDIT_LOG_${word}`, `audit log: ${WHY[word]}`);
}

const differs = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) !== 0;
