/**
 * How traces stand of which nothing is held in memory: at rest, closed, or not yet taken up again.
 */
import type { Database } from '../../shared/db/database.ts';
import { KeyTable } from '../../shared/trace/key-table.ts';
import { admitted } from './admitted-opening.ts';
import { Assignments } from './assignments.ts';
import { listDeliveries, listOpenings } from './queries.ts';
import type { TraceStatusView } from './status.ts';
import { closedView, restingView, type StoredStatus } from './stored-status.ts';
import { keepStatus, type TraceRow } from './traces-queries.ts';

export interface Surroundings {
  readonly nowMs: number;
  /** Why the province answers nothing at all, empty if it does. */
  refusalOf(province: string): string;
  /** Why a trace could not be taken up, if it could not. */
  brokenBecause(id: string): string | undefined;
}

/** How a trace stands that is not held in memory: as it stood last, or as its opening and deliveries say. */
export async function storedStatus(
  db: Database,
  row: TraceRow,
  around: Surroundings,
): Promise<TraceStatusView> {
  const { closedAtMs } = row;
  const status = row.status ?? (await reconstructed(db, row));
  // Before there was a status to be kept, closed traces were stored without one.
  if (closedAtMs !== null && row.status === null) await keepStatus(db, row.id, status);
  if (closedAtMs !== null) return closedView({ ...row, closedAtMs }, status);
  const view = restingView(row, status, around);
  if (around.brokenBecause(row.id) === undefined && row.isAtRest) return view;
  // Something has changed since, and has not been looked at.
  const state = view.state === 'complete' ? 'partial' : view.state;
  const broken = around.brokenBecause(row.id) === undefined ? [] : ['TRACE_UNREADABLE'];
  return { ...view, state, warnings: [...view.warnings, ...broken] };
}

/** What opening and deliveries tell; a trace whose deliveries cannot be read has no counts. */
async function reconstructed(db: Database, row: TraceRow): Promise<StoredStatus> {
  const opening = admitted((await listOpenings(db, row.id)).at(-1) ?? NO_OPENING).says;
  const keys = new KeyTable();
  const deliveries = await listDeliveries(db, row.id);
  let counts: ReturnType<Assignments['counts']> = { byDegree: new Map(), byProvince: new Map() };
  try {
    counts = Assignments.restore(row.id, deliveries, (p) => keys.intern(p)).counts();
  } catch {
    // The warning of the trace says so.
  }
  return {
    state: 'running',
    ...{ rules: opening.rules, direction: opening.direction, maxDegree: opening.max_degree },
    ...{ asOf: opening.as_of, revision: opening.revision, coverage: [], questions: 0, awaited: 0 },
    byDegree: Object.fromEntries(counts.byDegree),
    byProvince: Object.fromEntries(counts.byProvince),
    startedAtMs: row.openedAtMs,
  };
}

const NO_OPENING = { revision: 0, opening: '', countersignature: '' };
