/**
 * What the hub may read of this node's audit log: that it answered which questions, bound to a signed
 * checkpoint; of every other entry its hash alone, which tells nothing (entries are salted).
 */
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import type { AuditLog } from '../../../shared/audit/log.ts';
import { listShownLeaves, type ShownLeaf } from '../../../shared/audit/queries.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';

export interface NodeAuditCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Pick<AuditLog, 'checkpoint'>;
}

export type LogPart = { readonly checkpoint: string } | { readonly leaves: readonly ShownLeaf[] };

const PAGE = 1_000;

/** First a fresh checkpoint, then all entries that it covers, in their order. The reading is on record. */
export async function* showLog({ db, clock, log }: NodeAuditCtx): AsyncGenerator<LogPart> {
  const entry = { action: 'audit.reconciled', actor: HUB_ACTOR, outcome: 'done' } as const;
  await recordAudit(db, entry, nowSeconds(clock));
  const { note, size } = await log.checkpoint();
  yield { checkpoint: note };
  for (let from = 0; from < size; from += PAGE) {
    yield { leaves: await listShownLeaves(db, from, Math.min(size, from + PAGE)) };
  }
}
