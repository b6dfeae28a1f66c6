/**
 * Erases traces that have ended longer ago than the rules keep anything: what this province opened, what it
 * was asked, and its contacts. Each as a whole and on record; what the audit log says of them stays. And how
 * much provinces asked in hours and days as long ago, which is about no person.
 */
import { NODE_PROGRAM } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, withTransaction } from '../../shared/db/database.ts';
import { earliestKept } from '../../shared/domain/rule-pack.ts';
import type { RuleBook } from '../federation/packs/operations.ts';
import { eraseAsked, eraseCounts } from './asking/operations.ts';
import { eraseContacts } from './contacts/operations.ts';
import { eraseOpened, listEnded } from './openings/operations.ts';

export interface TraceErasingCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly rules: Pick<RuleBook, 'inForceAt'>;
}

const AT_ONCE = 50;

/** Erases traces, each in a transaction; whether there are more. */
export async function eraseTraces({ db, clock, rules }: TraceErasingCtx): Promise<boolean> {
  const now = nowSeconds(clock);
  const inForce = rules.inForceAt(now);
  if (inForce === undefined) return false;
  const before = earliestKept(now, inForce);
  await eraseCounts(db, before);
  const ended = await listEnded(db, { before, now, limit: AT_ONCE });
  for (const trace of ended) {
    await withTransaction(db, async (tx) => {
      const contacts = await eraseContacts(tx, trace);
      const questions = await eraseAsked(tx, trace);
      await eraseOpened(tx, trace);
      const entry = { action: 'traces.erased', actor: NODE_PROGRAM, outcome: 'done' } as const;
      await recordAudit(tx, { ...entry, on: [{ trace }], detail: { contacts, questions } }, now);
    });
  }
  return ended.length === AT_ONCE;
}
