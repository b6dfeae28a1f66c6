/**
 * The table `idempotency`: requests that were answered, so that one that comes again is not done again. A row
 * is written in the transaction of what the request changes: there is never one without the other. Kept for
 * three days, whatever the hour: not partitioned by time, for a retry after midnight must find its key. By
 * hand: each command waits for it, and a statement costs drizzle 1.3 times as much (tests/bench/RESULTS.md).
 */
import type { Queryable, Transaction } from '../db/database.ts';
import { AnsweredBefore, type KeptAnswer, keyReused, type RequestKey } from './terms.ts';

/** How long a key is remembered. */
export const REQUESTS_KEPT_S = 72 * 3_600;

/** Whose request it is, and which. */
export interface NamedRequest extends RequestKey {
  /** See `callerKey`. */
  readonly caller: string;
}

/**
 * Notes a request in the transaction that answers it, with its answer if that is known. Waits while another
 * transaction answers the same one. Throws AnsweredBefore; FAILED_PRECONDITION IDEMPOTENCY_KEY_REUSED if its
 * key was used for another.
 */
export async function noteRequest(
  tx: Queryable,
  request: NamedRequest,
  { now, answer = null }: { readonly now: number; readonly answer?: KeptAnswer | null },
): Promise<void> {
  const { caller, key, digest } = request;
  const noted = await tx.sql`
    INSERT INTO idempotency (caller, key, digest, at, answer)
    VALUES (${caller}, ${key}, ${digest}, ${now}, ${answer && tx.sql.json(answer as never)})
    ON CONFLICT (caller, key) DO NOTHING RETURNING key`;
  if (noted.length > 0) return;
  const earlier = await findRequest(tx, request);
  // Gone between the two statements: it was older than what is kept.
  if (earlier === undefined) return noteRequest(tx, request, { now, answer });
  throw new AnsweredBefore(answerTo(earlier, digest));
}

/** A request that was answered. */
export interface NotedRequest {
  readonly digest: Uint8Array;
  readonly answer: KeptAnswer | null;
}

/** What was asked for under a key, undefined if nothing was. */
export async function findRequest(
  { sql }: Queryable,
  { caller, key }: Pick<NamedRequest, 'caller' | 'key'>,
): Promise<NotedRequest | undefined> {
  const [row] = await sql<NotedRequest[]>`
    SELECT digest, answer FROM idempotency WHERE caller = ${caller} AND key = ${key}`;
  return row;
}

/** The answer to a request of that digest. Throws IDEMPOTENCY_KEY_REUSED if it was another. */
export function answerTo({ digest, answer }: NotedRequest, asked: Uint8Array): KeptAnswer {
  if (Buffer.compare(digest, asked) !== 0) throw keyReused();
  return answer ?? {};
}

/** Keeps what the answer of a noted request is made of. */
export async function keepAnswer(
  { sql }: Queryable,
  { caller, key }: NamedRequest,
  answer: KeptAnswer,
): Promise<void> {
  await sql`
    UPDATE idempotency SET answer = ${sql.json(answer as never)} WHERE caller = ${caller} AND key = ${key}`;
}

/** Forgets at most `limit` requests that are older than what is kept; how many there were. */
export async function forgetRequests(tx: Transaction, now: number, limit: number): Promise<number> {
  const gone = await tx.sql`
    DELETE FROM idempotency WHERE (caller, key) IN (
      SELECT caller, key FROM idempotency WHERE at < ${now - REQUESTS_KEPT_S} ORDER BY at LIMIT ${limit}
      FOR UPDATE SKIP LOCKED)`;
  return gone.count;
}
