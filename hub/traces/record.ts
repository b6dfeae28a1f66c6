/**
 * What the hub writes into its audit log of traces: who opened, amended and closed them, and every question
 * before it is asked. Entries are written in the transactions of what they record.
 */
import { HUB_PROGRAM, nodeActor } from '../../shared/audit/actors.ts';
import { type AuditEntry, recordAudit } from '../../shared/audit/record.ts';
import { type Database, type Queryable, withTransaction } from '../../shared/db/database.ts';
import { questionSha256 } from '../../shared/grpc/trace-messages.ts';
import { openingSha256 } from '../../shared/signed/opening.ts';
import type { AdmittedOpening } from './admitted-opening.ts';
import * as queries from './queries.ts';
import type { StoredStatus } from './stored-status.ts';
import { insertTrace, markClosed, moveTraces, raiseVersion } from './traces-queries.ts';

/**
 * Stores a trace and its first opening; `now` in epoch seconds, as in all that follows. When it was opened,
 * epoch milliseconds.
 */
export function storeTrace(
  db: Database,
  trace: { id: string; province: string; expiresAt: number },
  opening: AdmittedOpening,
  now: number,
): Promise<number> {
  return withTransaction(db, async (tx) => {
    const { generation: keyGeneration } = opening.says;
    const openedAtMs = await insertTrace(tx, { ...trace, keyGeneration });
    await queries.insertOpening(tx, trace.id, opening);
    await recordAudit(tx, openingEntry('traces.opened', opening), now);
    return openedAtMs;
  });
}

/** Stores the next revision of a trace's opening; the trace is in motion then. */
export function storeAmendment(
  db: Database,
  traceId: string,
  opening: AdmittedOpening,
  now: number,
): Promise<void> {
  return withTransaction(db, async (tx) => {
    await moveTraces(tx, [traceId]);
    if (!(await queries.insertOpening(tx, traceId, opening))) return;
    const { detail, ...entry } = openingEntry('traces.amended', opening);
    const version = await raiseVersion(tx, traceId);
    await recordAudit(tx, { ...entry, detail: { ...detail, version } }, now);
  });
}

function openingEntry(
  action: 'traces.opened' | 'traces.amended',
  { opening, revision, says }: AdmittedOpening,
): AuditEntry {
  const { trace_id: trace, province, direction, rules, max_degree, index } = says;
  const detail = { revision, opening_sha256: openingSha256(opening), direction, rules, max_degree };
  const cases = { index_cases: new Set(index.map(({ case_ref }) => case_ref)).size };
  const on = [{ trace }];
  return { action, actor: nodeActor(province), outcome: 'done', on, detail: { ...detail, ...cases } };
}

/**
 * Ends a trace: by its province, or by its expiry if `province` is undefined. Keeps how it stood, if that is
 * known.
 */
export function storeClosing(
  db: Database,
  trace: string,
  { province, status, now }: { province: string | undefined; status: StoredStatus | undefined; now: number },
): Promise<void> {
  const actor = province === undefined ? HUB_PROGRAM : nodeActor(province);
  const entry = { action: 'traces.closed', actor, outcome: 'done', on: [{ trace }] } as const;
  const detail = { expired: province === undefined };
  return withTransaction(db, async (tx) => {
    if (await markClosed(tx, trace, status)) await recordAudit(tx, { ...entry, detail }, now);
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
