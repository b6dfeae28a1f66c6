/**
 * What passes by itself at 24:00 in Vietnam: who meets what ending asks for goes on, whose result is awaited
 * waits for two days, and whoever is left lapses, which their supervisor sees. Also samples that were not
 * taken in time, and reports that did not come.
 */
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Transaction, withTransaction } from '../../../shared/db/database.ts';
import { vietnamDate, vietnamMidnight } from '../../../shared/domain/instant.ts';
import { type Loop, type LoopParts, startLoop } from '../../../shared/loop.ts';
import { holdSealer } from '../../sealing/operations.ts';
import * as days from './days-queries.ts';
import { insertLog, lockFollowUps, updateFollowUps } from './filing-queries.ts';
import { LATE_SECONDS, STATE_NUMBERS, TASK_NUMBERS } from './machines.ts';
import * as queries from './queries.ts';
import { replanAll } from './replanning.ts';
import { addDays } from './rules.ts';
import { endedAs, type FollowUpRow, kindNumber, loggedOf } from './settling.ts';
import { type FollowUpsCtx, factsOf, readHanging, testsOf } from './standing.ts';

const EVERY_MS = 60_000;
const BATCH = 100;
/** For so many days after the last one a result that is awaited is waited for. */
const RESULT_DAYS = 2;

export type DaysCtx = Pick<FollowUpsCtx, 'db' | 'dataKeys' | 'clock' | 'rules' | 'province'>;

/** The clock of contacts' work, ticking already. */
export function startDays(ctx: DaysCtx, parts: LoopParts): Loop {
  return startLoop({ ...{ name: 'follow-ups', everyMs: EVERY_MS, ...parts }, pass: () => passDays(ctx) });
}

/** Does all that is due by now, a hundred in a transaction. */
export async function passDays(ctx: DaysCtx): Promise<void> {
  await replanAll(ctx);
  while (await missOverdue(ctx));
  for (const { number, follow_up } of ctx.rules.packs()) {
    if (follow_up === undefined) continue;
    while (await askForReports(ctx, number, follow_up.report_by));
  }
  let after = 0;
  for (let ids = await endedAfter(ctx, after); ids.length > 0; ids = await endedAfter(ctx, after)) {
    await withTransaction(ctx.db, (tx) => endDays(tx, ctx, ids));
    after = ids.at(-1) as number;
  }
}

function endedAfter({ db, clock }: DaysCtx, after: number): Promise<number[]> {
  return days.listEnded(db, { today: vietnamDate(nowSeconds(clock)), after, limit: BATCH });
}

/** A sample that was not taken in time is wanted at once. */
async function missOverdue({ db, clock }: DaysCtx): Promise<boolean> {
  return withTransaction(db, async (tx) => {
    const now = nowSeconds(clock);
    const missed = await days.missTasks(tx, now, BATCH);
    for (const { id, kind, followUpId, episode, ward, priority, method } of missed) {
      if (kind !== kindNumber('sample')) continue;
      const common = { followUpId, episode, ward, priority, method, kind, notBefore: now };
      await queries.insertTask(tx, { ...common, cause: `missed:${id}`, dueAt: now + 86_400 });
    }
    return missed.length === BATCH;
  });
}

function askForReports({ db, clock }: DaysCtx, pack: number, reportBy: string): Promise<boolean> {
  const now = nowSeconds(clock);
  const today = vietnamDate(now);
  const [hours, minutes] = reportBy.split(':').map(Number) as [number, number];
  const isLate = now >= vietnamMidnight(today) + hours * 3_600 + minutes * 60;
  const asked = { pack, day: isLate ? today : addDays(today, -1), now, limit: 1_000 };
  return withTransaction(db, (tx) => days.askForReports(tx, asked));
}

async function endDays(tx: Transaction, ctx: DaysCtx, ids: readonly number[]): Promise<void> {
  const { sealer } = await holdSealer(tx, ctx.dataKeys);
  const now = nowSeconds(ctx.clock);
  for (const before of await lockFollowUps(tx, ids)) {
    const after = await endDay(tx, ctx, before);
    if (after === undefined) continue;
    const row = { ...after.row, version: before.version + 1 };
    await updateFollowUps(tx, [row]);
    const said = { followUpId: row.id, at: now, by: null, command: after.command };
    await insertLog(tx, [{ ...said, before: loggedOf(before), after: loggedOf(row) }], sealer.generation);
    if (row.closedAt === null) continue;
    const end = { state: TASK_NUMBERS.cancelled, lastUntil: now + LATE_SECONDS };
    await queries.endTasks(tx, row.id, end);
  }
}

interface Passed {
  readonly command: 'end_quarantine' | 'release' | 'lapse';
  readonly row: FollowUpRow;
}

/** Where a follow-up goes of which a last day is over; undefined: it stays. */
async function endDay(tx: Transaction, ctx: DaysCtx, row: FollowUpRow): Promise<Passed | undefined> {
  const hanging = await readHanging(tx, row);
  const { today = '', unmet } = factsOf(ctx, row, hanging);
  const last = row.watchUntil ?? row.quarantineUntil ?? today;
  const isKept = row.state === STATE_NUMBERS.quarantined || row.state === STATE_NUMBERS.watched;
  if (isKept && unmet === false) {
    if (last < today) return { command: 'release', row: ended(ctx, row, 'released') };
    const isFree = row.state === STATE_NUMBERS.quarantined && (row.quarantineUntil ?? last) < today;
    const freed = { state: STATE_NUMBERS.watched, place: null, placeName: null };
    return isFree ? { command: 'end_quarantine', row: { ...row, ...freed } } : undefined;
  }
  if (!(last < today)) return undefined;
  const isAwaited = testsOf(row, hanging.tasks) === 'pending';
  if (isAwaited && today <= addDays(last, RESULT_DAYS)) return undefined;
  return { command: 'lapse', row: ended(ctx, row, 'lapsed') };
}

function ended(
  { clock }: { readonly clock: Pick<Clock, 'nowMs'> },
  row: FollowUpRow,
  outcome: 'released' | 'lapsed',
): FollowUpRow {
  return { ...row, ...endedAs(outcome, nowSeconds(clock)), state: STATE_NUMBERS[outcome] };
}
