/**
 * What an operator does about what leaves the program: sees what waits and what is dead, tries a dead letter
 * again, or gives it up.
 */
import type { Caller } from '../acts/access.ts';
import { type ActCtx, type Leave, mayOf } from '../acts/act.ts';
import type { Transaction } from '../db/database.ts';
import { allowedCommands, step } from '../domain/machine.ts';
import { AppError } from '../errors.ts';
import { change, OUTGOING_ACTS, read } from './acts.ts';
import * as queries from './queries.ts';
import { OUTGOING, type OutgoingCommand } from './rules.ts';

export type { OutgoingPage } from './queries.ts';

/** An item as somebody sees it, and what they may do with it. */
export interface ShownItem extends queries.OutgoingRow {
  readonly allowed: readonly OutgoingCommand[];
}

/** In a state, oldest first: `limit` of them, and one more if there are more. */
export function listOutgoing(ctx: ActCtx, caller: Caller, page: queries.OutgoingPage): Promise<ShownItem[]> {
  return read(ctx, caller, 'outgoing.list', {}, async (leave) => {
    const found = await queries.listOutgoing(ctx.db, { ...page, limit: page.limit + 1 });
    return found.map((row) => shownBy(leave, row));
  });
}

const DOING: Readonly<Record<OutgoingCommand, (tx: Transaction, id: number) => Promise<void>>> = {
  retry: queries.revive,
  discard: queries.markDiscarded,
};

/**
 * Tries a dead letter again as if it were new, before what waits about the same subject, or gives it up.
 * Throws NOT_FOUND NO_SUCH_ITEM, FAILED_PRECONDITION WRONG_STATE.
 */
export function settleDeadLetter(
  ctx: ActCtx,
  caller: Caller,
  { command, id }: { readonly command: OutgoingCommand; readonly id: number },
): Promise<ShownItem> {
  return change(ctx, caller, `outgoing.${command}`, { detail: { item: id } }, async (tx, leave) => {
    const found = required(await queries.findOutgoing(tx, id, true));
    step(OUTGOING, { state: found.state, command, facts: {} });
    leave.note({ channel: found.channel });
    await DOING[command](tx, id);
    return shownBy(leave, required(await queries.findOutgoing(tx, id)));
  });
}

/** One as it stands now, for whoever settled it and asks for their answer again. */
export async function readOutgoing({ db }: ActCtx, id: number): Promise<ShownItem> {
  return { ...required(await queries.findOutgoing(db, id)), allowed: [] };
}

function shownBy(leave: Leave, row: queries.OutgoingRow): ShownItem {
  const may = mayOf(leave, OUTGOING_ACTS);
  return { ...row, allowed: allowedCommands(OUTGOING, { state: row.state, facts: {} }, may) };
}

function required(found: queries.OutgoingRow | undefined): queries.OutgoingRow {
  if (found) return found;
  throw new AppError('NOT_FOUND', 'NO_SUCH_ITEM', 'there is no such outgoing item here');
}
