/**
 * What is left to say of a closed trace, from the hub's memory.
 */

import type { Database } from '../../shared/db/database.ts';
import { readAdmittedOpening } from '../../shared/signed/opening.ts';
import { KeyTable } from '../../shared/trace/key-table.ts';
import { Assignments } from './assignments.ts';
import { listDeliveries, listOpenings, type TraceRow } from './queries.ts';
import type { TraceStatusView } from './status.ts';

/** The last state of a closed trace; coverage is no longer kept. */
export async function closedStatus(db: Database, row: TraceRow): Promise<TraceStatusView> {
  const opening = readAdmittedOpening((await listOpenings(db, row.id)).at(-1)?.opening ?? '');
  const keys = new KeyTable();
  const assignments = Assignments.restore(row.id, await listDeliveries(db, row.id), (p) => keys.intern(p));
  return {
    id: row.id,
    state: 'closed',
    province: row.province,
    rules: opening.rules,
    direction: opening.direction,
    maxDegree: opening.max_degree,
    asOf: opening.as_of,
    revision: opening.revision,
    coverage: [],
    ...assignments.counts(),
    questions: 0,
    awaited: 0,
    openedAtMs: row.openedAtMs,
    completedAtMs: row.completedAtMs,
    elapsedMs: (row.completedAtMs ?? row.closedAtMs ?? row.openedAtMs) - row.openedAtMs,
  };
}
