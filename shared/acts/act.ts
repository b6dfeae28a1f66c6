/**
 * The frame of every operation that a caller asks for: decides by the act's row, runs the work, and records
 * how it ended. What the work changes and its entry stand in one transaction; what it reads leaves only after
 * its entry has been committed. A feature gets its `change` and `read` from `actsOf` its own table.
 */
import { strict as assert } from 'node:assert/strict';
import { type AuditValue, recordAct } from '../audit/record.ts';
import type { Purpose, Subject } from '../audit/subjects.ts';
import { type Clock, nowSeconds } from '../clock.ts';
import { type Database, type Queryable, type Transaction, withTransaction } from '../db/database.ts';
import { AppError, isRefusal } from '../errors.ts';
import {
  type ActRow,
  type ActTable,
  type Caller,
  callerKey,
  decide,
  type NamedAct,
  type Scope,
} from './access.ts';
import { keepAnswer, type NamedRequest, noteRequest } from './requests.ts';
import type { KeptAnswer } from './terms.ts';
import { wayOf } from './way.ts';

export interface ActCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
}

type Detail = Readonly<Record<string, AuditValue>>;

/** What of an act is known before it is done; recorded however it ends (see AuditEntry). */
export interface Asked {
  readonly on?: readonly Subject[] | undefined;
  readonly purpose?: Purpose | undefined;
  readonly detail?: Detail | undefined;
}

/** What the work gets. */
export interface Leave {
  /** How far it reaches: for the condition of every query (`withinWards`), or `isWithin`. */
  readonly scope: Scope;
  /** How far the same caller reaches by another act: undefined if not at all. */
  scopeOf(table: ActTable, act: string): Scope | undefined;
  /** Adds to the detail of the entry of success. */
  note(detail: Detail): void;
  /** Adds to the subjects of the entry of success: what is known, or shown, only now. */
  on(...subjects: readonly Subject[]): void;
  /** What the answer is made of, should the same request come again: ids, counts and codes. */
  keep(answer: KeptAnswer): void;
  /**
   * The same leave for the caller as they are now, for what goes on after its entry (a watch): leaves no
   * entry of its own. Throws what `decide` throws.
   */
  renewed(caller: Caller): Leave;
}

/** The names of the acts of a table that read, or that change. */
type ActsThat<T extends ActTable, D extends ActRow['does']> = {
  [A in keyof T]: T[A]['does'] extends D ? A : never;
}[keyof T] &
  string;

/** One of the transactions of a change in steps, with an entry of its own. */
export type Step = <R>(asked: Asked, work: (tx: Transaction) => Promise<R>) => Promise<R>;

/** The ways of doing the acts of a table. */
export interface Acts<T extends ActTable> {
  /**
   * Changes: `work` runs in a transaction that also holds the entry of its success. A refusal by the row or
   * by `work` is thrown on, and recorded in a transaction of its own. Throws what `decide` and `work` throw.
   */
  readonly change: <R>(
    ctx: ActCtx,
    caller: Caller,
    ...asking: [act: ActsThat<T, 'change'>, asked: Asked, work: (tx: Transaction, leave: Leave) => Promise<R>]
  ) => Promise<R>;
  /**
   * `change` for what must not be one transaction (a file of millions of rows, a question to another program
   * before anything is stored): decided once, refused once, and every `step` has its entry. Each but the
   * first lets those go first who have one thing to change (way.ts).
   */
  readonly changeInSteps: <R>(
    ctx: ActCtx,
    caller: Caller,
    ...asking: [act: ActsThat<T, 'change'>, asked: Asked, work: (step: Step, leave: Leave) => Promise<R>]
  ) => Promise<R>;
  /** Reads: like `change`, without a transaction around the work. */
  readonly read: <R>(
    ctx: ActCtx,
    caller: Caller,
    ...asking: [act: ActsThat<T, 'read'>, asked: Asked, work: (leave: Leave) => Promise<R>]
  ) => Promise<R>;
}

/** The ways of doing the acts of `table`: a feature takes them from here once, in its acts.ts. */
export function actsOf<T extends ActTable>(table: T): Acts<T> {
  const run = (ctx: ActCtx, caller: Caller, asking: [act: string, asked: Asked]) => {
    const [name, asked] = asking;
    return new ActRun({ ctx, caller, act: { name, row: table[name] as ActRow }, asked });
  };
  return {
    change: (ctx, caller, ...[act, asked, work]) => {
      const acting = run(ctx, caller, [act, asked]);
      const changing = wayOf(ctx.db).enter();
      const changed = acting.recordingRefusal(() =>
        withTransaction(ctx.db, async (tx) => {
          const leave = acting.begin();
          await acting.noteRequest(tx);
          const result = await work(tx, leave);
          await acting.keepAnswer(tx);
          await acting.record(tx);
          return result;
        }),
      );
      return changed.finally(() => changing[Symbol.dispose]());
    },
    changeInSteps: (ctx, caller, ...[act, asked, work]) => {
      const acting = run(ctx, caller, [act, asked]);
      const step: Step = (own, part) =>
        withTransaction(ctx.db, async (tx) => {
          await acting.noteRequest(tx);
          const result = await part(tx);
          await acting.keepAnswer(tx);
          await acting.record(tx, own);
          return result;
        });
      const going = wayOf(ctx.db).goInSteps();
      const inTurn: Step = (own, part) => going.step(() => step(own, part));
      return acting.recordingRefusal(() => work(inTurn, acting.begin())).finally(() => going.end());
    },
    read: (ctx, caller, ...[act, asked, work]) => {
      const acting = run(ctx, caller, [act, asked]);
      return acting.recordingRefusal(async () => {
        const result = await work(acting.begin());
        await acting.record(ctx.db);
        return result;
      });
    },
  };
}

/** For machines (shared/domain/machine.ts): which commands, by their acts, are the caller's now. */
export function mayOf(leave: Pick<Leave, 'scopeOf'>, table: ActTable): (act: string | undefined) => boolean {
  return (act) => act !== undefined && Object.hasOwn(table, act) && leave.scopeOf(table, act) !== undefined;
}

/** The record of a known caller that was turned away before any operation ran. */
export async function recordRefusal(
  ctx: ActCtx,
  { actor }: Caller,
  { act, reason }: { act: string; reason: string },
): Promise<void> {
  const entry = { action: 'access.refused', actor, outcome: 'refused', reason, detail: { act } } as const;
  await recordAct(ctx.db, entry, nowSeconds(ctx.clock));
}

interface RunOptions {
  readonly ctx: ActCtx;
  readonly caller: Caller;
  readonly act: NamedAct;
  readonly asked: Asked;
}

/** One doing of an act: what was decided, what the work adds, what is written down. */
class ActRun {
  readonly #options: RunOptions;
  #detail: Detail;
  #on: readonly Subject[];
  #kept: KeptAnswer | undefined;
  #noted = false;
  readonly #breakGlass = new Set<string>();
  #scopeUsed = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#detail = options.asked.detail ?? {};
    this.#on = options.asked.on ?? [];
  }

  /** Throws what `decide` throws. */
  begin(caller = this.#options.caller): Leave {
    const { act } = this.#options;
    const scope = this.#decide(caller, act);
    const used = () => {
      this.#scopeUsed = true;
    };
    return {
      get scope() {
        used();
        return scope;
      },
      scopeOf: (table, name) => {
        used();
        return this.#tryDeciding(caller, { name, row: table[name] as ActRow });
      },
      note: (detail) => {
        this.#detail = { ...this.#detail, ...detail };
      },
      on: (...subjects) => {
        this.#on = [...this.#on, ...subjects];
      },
      keep: (answer) => {
        this.#kept = answer;
      },
      renewed: (now) => this.begin(now),
    };
  }

  #decide(caller: Caller, act: NamedAct): Scope {
    const { scope, breakGlass } = decide(caller, act, nowSeconds(this.#options.ctx.clock));
    for (const id of breakGlass) this.#breakGlass.add(id);
    return scope;
  }

  #tryDeciding(caller: Caller, act: NamedAct): Scope | undefined {
    try {
      return this.#decide(caller, act);
    } catch {
      return undefined;
    }
  }

  /**
   * Notes the caller's request, if it has a key, in the transaction that answers it; of a change in steps in
   * that of the first. Throws as `noteRequest`.
   */
  async noteRequest(tx: Transaction): Promise<void> {
    const request = this.#request();
    if (request === undefined || this.#noted) return;
    await noteRequest(tx, request, { now: nowSeconds(this.#options.ctx.clock) });
    this.#noted = true;
  }

  async keepAnswer(tx: Transaction): Promise<void> {
    const request = this.#request();
    if (request && this.#kept) await keepAnswer(tx, request, this.#kept);
  }

  /** What one operation changes by several changes is one request, noted with the first. */
  #request(): NamedRequest | undefined {
    const { terms, ...caller } = this.#options.caller;
    return terms?.request && !terms.noted ? { ...terms.request, caller: callerKey(caller) } : undefined;
  }

  /** The entry of success, or that of one step. */
  async record(db: Pick<Queryable, 'sql'>, step: Asked = {}): Promise<void> {
    const { ctx, caller, act, asked } = this.#options;
    // What reaches an area and never asked which one has shown, or changed, too much.
    assert(act.row.reach === 'whole' || this.#scopeUsed, `${act.name} does not look at its scope`);
    const { audit: action } = act.row;
    if (action === null) return;
    const opened = [...this.#breakGlass].map((id) => ({ break_glass: id }));
    const on = [...this.#on, ...(step.on ?? []), ...opened];
    const purpose = step.purpose ?? asked.purpose ?? (opened.length > 0 ? 'BTG' : undefined);
    const entry = { action, actor: caller.actor, outcome: 'done', on, purpose } as const;
    const detail = { ...this.#detail, ...step.detail };
    await recordAct(db, { ...entry, detail }, nowSeconds(ctx.clock));
  }

  async recordingRefusal<R>(work: () => Promise<R>): Promise<R> {
    const { terms } = this.#options.caller;
    try {
      const result = await work();
      if (terms && this.#noted) terms.noted = true;
      return result;
    } catch (error) {
      const { ctx, caller, act, asked } = this.#options;
      const { audit: action } = act.row;
      // Mistyped input asks for nothing that could be refused.
      const refused = error instanceof AppError && isRefusal(error) && error.code !== 'INVALID_ARGUMENT';
      if (action !== null && refused) {
        const entry = { action, actor: caller.actor, outcome: 'refused', reason: error.reason } as const;
        await recordAct(ctx.db, { ...entry, ...asked }, nowSeconds(ctx.clock));
      }
      throw error;
    }
  }
}
