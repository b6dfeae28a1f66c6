/**
 * Erases what was asked, answered and delivered in traces that have ended longer ago than the rules keep
 * anything, each on record. What the audit log says of them stays.
 */
import { HUB_PROGRAM } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, withTransaction } from '../../shared/db/database.ts';
import { earliestKept, type RulePack, rulesInForce } from '../../shared/domain/rule-pack.ts';
import { deleteTrace, listEnded } from './erasing-queries.ts';

export interface TraceErasingCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Every pack that this hub issues. */
  readonly packs: readonly RulePack[];
}

const AT_ONCE = 50;

/** Erases traces, those that ended first before others, each in a transaction; whether there are more. */
export async function eraseTraces({ db, clock, packs }: TraceErasingCtx): Promise<boolean> {
  const now = nowSeconds(clock);
  const rules = rulesInForce(packs, now);
  if (rules === undefined) return false;
  // An opening that could be presented once more has expired too: nobody takes it for a new trace.
  const ended = await listEnded(db, earliestKept(now, rules), AT_ONCE);
  for (const trace of ended) {
    await withTransaction(db, async (tx) => {
      const erased = await deleteTrace(tx, trace);
      if (erased === undefined) return;
      const entry = { action: 'traces.erased', actor: HUB_PROGRAM, outcome: 'done' } as const;
      await recordAudit(tx, { ...entry, on: [{ trace }], detail: { ...erased } }, now);
    });
  }
  return ended.length === AT_ONCE;
}
