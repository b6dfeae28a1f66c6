/**
 * What an operator does about what leaves the program: sees what waits and what is dead, tries a dead letter
 * again, or gives it up.
 */
import type { Caller } from '../acts/access.ts';
import type { ActCtx } from '../acts/act.ts';
import type { Transaction } from '../db/database.ts';
import { step } from '../domain/machine.ts';
import { AppError } from '../errors.ts';
import { change, read } from './acts.ts';
import * as queries from './queries.ts';
import { OUTGOING, type OutgoingCommand } from './rules.ts';

export type { OutgoingPage, OutgoingRow } from './queries.ts';

/** In a state, oldest first: `limit` of them, and one more if there are more. */
export function listOutgoing(
  ctx: ActCtx,
  caller: Caller,
  page: queries.OutgoingPage,
): Promise<queries.OutgoingRow[]> {
  return read(ctx, caller, 'outgoing.list', {}, () =>
    queries.listOutgoing(ctx.db, { ...page, limit: page.limit + 1 }),
  );
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
): Promise<queries.OutgoingRow> {
  return change(ctx, caller, `outgoing.${command}`, { detail: { item: id } }, async (tx, { note }) => {
    const found = required(await queries.findOutgoing(tx, id, true));
    step(OUTGOING, { state: found.state, command, facts: {} });
    note({ channel: found.channel });
    await DOING[command](tx, id);
    return required(await queries.findOutgoing(tx, id));
  });
}

/** One as it stands now, for whoever settled it and asks for their answer again. */
export async function readOutgoing({ db }: ActCtx, id: number): Promise<queries.OutgoingRow> {
  return required(await queries.findOutgoing(db, id));
}

function required(found: queries.OutgoingRow | undefined): queries.OutgoingRow {
  if (found) return found;
  throw new AppError('NOT_FOUND', 'NO_SUCH_ITEM', 'there is no such outgoing item here');
}
