/**
 * Follow-ups with all that their plans depend on: read together, and written together when they are settled;
 * one that somebody has in hand as well as the thousand of a delivery or of a new pack.
 */
import type { Transaction } from '../../../shared/db/database.ts';
import * as queries from './filing-queries.ts';
import { LATE_SECONDS } from './machines.ts';
import { type ExposureRow, type FollowUpRow, type SettlingFacts, settle, type Work } from './settling.ts';

/** The follow-ups of these rows, which are locked, with their exposures and tasks that plans have made. */
export async function readWorks(tx: Transaction, rows: readonly FollowUpRow[]): Promise<Work[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [exposures, tasks] = [
    byFollowUp(await queries.listExposures(tx, ids)),
    byFollowUp(await queries.listPlannedTasks(tx, ids)),
  ];
  return rows.map((row) => ({
    ...{ row, original: row, isNew: false, tasks: tasks.get(row.id) ?? [] },
    exposures: new Map((exposures.get(row.id) ?? []).map((one) => [exposureKey(one), one])),
  }));
}

interface Writing {
  readonly facts: SettlingFacts;
  readonly keyGeneration: number;
  readonly named?: readonly { readonly followUpId: number; readonly identifierId: number }[];
  readonly exposed?: readonly ExposureRow[];
  /** False: somebody writes their own line of history. */
  readonly logs?: boolean;
}

/** Settles follow-ups that were locked, and writes what comes of it. */
export async function writeSettled(
  tx: Transaction,
  works: readonly Work[],
  { facts, keyGeneration, named = [], exposed = [], logs = true }: Writing,
): Promise<void> {
  const settled = works.map((work) => ({ work, to: settle(work, facts) }));
  const rows = (isNew: boolean) =>
    settled.filter(({ work, to }) => work.isNew === isNew && to.changed).map(({ to }) => to.row);
  await queries.insertFollowUps(tx, rows(true));
  await queries.updateFollowUps(tx, rows(false));
  await queries.insertFollowUpIdentifiers(tx, named);
  await queries.putExposures(tx, exposed);
  await queries.cancelTasks(
    tx,
    settled.flatMap(({ to }) => to.cancel),
    facts.now + LATE_SECONDS,
  );
  await queries.insertTasks(
    tx,
    settled.flatMap(({ to }) => to.add),
  );
  await queries.moveTasks(
    tx,
    settled.flatMap(({ to }) => to.set),
  );
  const lines = settled.flatMap(({ to }) =>
    to.log && logs ? [{ followUpId: to.row.id, at: facts.now, by: null, ...to.log }] : [],
  );
  await queries.insertLog(tx, lines, keyGeneration);
}

/** By what an exposure is one: a contact of a trace. */
export function exposureKey({ traceId, contactId }: Pick<ExposureRow, 'traceId' | 'contactId'>): string {
  return `${traceId} ${contactId}`;
}

function byFollowUp<T extends { readonly followUpId: number | null }>(rows: readonly T[]): Map<number, T[]> {
  const found = new Map<number, T[]>();
  for (const row of rows) {
    const own = found.get(row.followUpId as number);
    if (own) own.push(row);
    else found.set(row.followUpId as number, [row]);
  }
  return found;
}
