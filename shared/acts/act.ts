/**
 * The frame of every operation that a caller asks for: decides by the table, runs the work, and records how
 * it ended. What the work changes and its entry stand in one transaction; what it reads leaves only after
 * its entry has been committed.
 */
import type { AuditAction } from '../audit/actions.ts';
import { type AuditValue, recordAudit } from '../audit/record.ts';
import { type Clock, nowSeconds } from '../clock.ts';
import { type Database, type Transaction, withTransaction } from '../db/database.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { type AccessGroup, type Caller, decide, type Scope } from './access.ts';

export interface ActContext {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
}

type Detail = Readonly<Record<string, AuditValue>>;

/** What is asked for. */
export interface Act {
  readonly group: AccessGroup;
  readonly action: AuditAction;
  readonly trace?: string | undefined;
  /** Recorded however it ends; see AuditEntry. */
  readonly detail?: Detail | undefined;
}

/** What the work gets. */
export interface Leave {
  readonly scope: Scope;
  /** Adds to the detail of the entry of success. */
  note(detail: Detail): void;
  /** Names the trace of the entry, when it is known only now. */
  under(trace: string): void;
}

/**
 * Changes: `work` runs in a transaction that also holds the entry of its success. A refusal by the table or
 * by `work` is thrown on, and recorded in a transaction of its own. Throws what `decide` and `work` throw.
 */
export function changeAs<T>(
  ctx: ActContext,
  caller: Caller,
  act: Act,
  work: (tx: Transaction, leave: Leave) => Promise<T>,
): Promise<T> {
  return recordingRefusal(ctx, caller, act, () =>
    withTransaction(ctx.db, async (tx) => {
      const run = begin(ctx, caller, act);
      const result = await work(tx, run.leave);
      await recordAudit(tx, run.entry(), nowSeconds(ctx.clock));
      return result;
    }),
  );
}

/** Reads: like `changeAs`, without a transaction around the work. */
export function readAs<T>(
  ctx: ActContext,
  caller: Caller,
  act: Act,
  work: (leave: Leave) => Promise<T>,
): Promise<T> {
  return recordingRefusal(ctx, caller, act, async () => {
    const run = begin(ctx, caller, act);
    const result = await work(run.leave);
    await recordAudit(ctx.db, run.entry(), nowSeconds(ctx.clock));
    return result;
  });
}

/** The record of a known caller that was turned away before any operation ran. */
export async function recordRefusal(
  ctx: ActContext,
  { actor }: Caller,
  { group, reason }: { group: AccessGroup; reason: string },
): Promise<void> {
  const entry = { action: 'access.refused', actor, outcome: 'refused', reason, detail: { group } } as const;
  await recordAudit(ctx.db, entry, nowSeconds(ctx.clock));
}

function begin({ clock }: ActContext, caller: Caller, act: Act) {
  const { scope, breakGlass } = decide(caller, act.group, nowSeconds(clock));
  let { trace } = act;
  let noted: Detail = { ...act.detail, ...(breakGlass.length > 0 ? { break_glass: breakGlass } : {}) };
  const leave: Leave = {
    scope,
    note: (detail) => {
      noted = { ...noted, ...detail };
    },
    under: (id) => {
      trace = id;
    },
  };
  const entry = () =>
    ({ action: act.action, actor: caller.actor, outcome: 'done', trace, detail: noted }) as const;
  return { leave, entry };
}

/** What is no refusal: input that means nothing, and failures of our own. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'PERMISSION_DENIED',
  'FAILED_PRECONDITION',
  'ALREADY_EXISTS',
  'RESOURCE_EXHAUSTED',
]);

async function recordingRefusal<T>(
  ctx: ActContext,
  { actor }: Caller,
  { action, trace, detail }: Act,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && REFUSALS.has(error.code)) {
      const { reason } = error;
      const entry = { action, actor, outcome: 'refused', reason, trace, detail } as const;
      await recordAudit(ctx.db, entry, nowSeconds(ctx.clock));
    }
    throw error;
  }
}
