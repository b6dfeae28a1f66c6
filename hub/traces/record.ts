/**
 * What the hub writes into its audit log of traces: who opened, amended and closed them, and every question
 * before it is asked. Entries are written in the transactions of what they record.
 */
import { HUB_PROGRAM, nodeActor } from '../../shared/audit/actors.ts';
import { type AuditEntry, recordAudit } from '../../shared/audit/record.ts';
import { type Database, type Queryable, withTransaction } from '../../shared/db/database.ts';
import { questionSha256 } from '../../shared/grpc/trace-messages.ts';
import { openingSha256, readAdmittedOpening } from '../../shared/signed/opening.ts';
import * as queries from './queries.ts';

/** Stores a trace and its first opening; `now` in epoch seconds, as in all that follows. */
export function storeTrace(
  db: Database,
  trace: { id: string; province: string; expiresAt: number },
  opening: queries.OpeningRow,
  now: number,
): Promise<void> {
  return withTransaction(db, async (tx) => {
    await queries.insertTrace(tx, trace);
    await queries.insertOpening(tx, trace.id, opening);
    await recordAudit(tx, openingEntry('traces.opened', opening), now);
  });
}

/** Stores the next revision of a trace's opening. */
export function storeAmendment(
  db: Database,
  traceId: string,
  opening: queries.OpeningRow,
  now: number,
): Promise<void> {
  return withTransaction(db, async (tx) => {
    if (await queries.insertOpening(tx, traceId, opening))
      await recordAudit(tx, openingEntry('traces.amended', opening), now);
  });
}

function openingEntry(
  action: 'traces.opened' | 'traces.amended',
  { opening, revision }: queries.OpeningRow,
): AuditEntry {
  const { trace_id: trace, province, direction, rules, max_degree, index } = readAdmittedOpening(opening);
  const detail = { revision, opening_sha256: openingSha256(opening), direction, rules, max_degree };
  const cases = { index_cases: index.length };
  const on = [{ trace }];
  return { action, actor: nodeActor(province), outcome: 'done', on, detail: { ...detail, ...cases } };
}

/** Ends a trace: by its province, or by its expiry if `province` is undefined. */
export function storeClosing(
  db: Database,
  trace: string,
  { province, now }: { province: string | undefined; now: number },
): Promise<void> {
  const actor = province === undefined ? HUB_PROGRAM : nodeActor(province);
  const entry = { action: 'traces.closed', actor, outcome: 'done', on: [{ trace }] } as const;
  const detail = { expired: province === undefined };
  return withTransaction(db, async (tx) => {
    if (await queries.markClosed(tx, trace)) await recordAudit(tx, { ...entry, detail }, now);
  });
}

/** Appends to the log of questions as `insertQuestions` does. */
export function storeQuestions(
  db: Database,
  trace: string,
  questions: queries.LoggedBody[],
  now: number,
): Promise<boolean> {
  const detail = {
    seqs: questions.map(({ seq }) => seq),
    sha256: questions.map(({ body }) => questionSha256(body).toString('hex')),
  };
  const entry = { action: 'questions.asked', actor: HUB_PROGRAM, outcome: 'done', detail } as const;
  const on = [{ trace }];
  return queries.insertQuestions(db, trace, questions, (tx: Queryable) =>
    recordAudit(tx, { ...entry, on }, now),
  );
}
