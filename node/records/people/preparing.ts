/**
 * What a database needs before anybody writes records: one spelling, the secret of their keys, and what the
 * migration to records could not do without the data keys (the kinds of identifiers, who the records of
 * source `legacy` are about, birth years out of citizen ids). A crash on the way goes on where it was.
 */
import { withTransaction } from '../../../shared/db/database.ts';
import { kindNumberOf } from '../../../shared/domain/identifier.ts';
import type { Logger } from '../../../shared/log.ts';
import { holdSealer } from '../../sealing/operations.ts';
import * as identifiers from './identifiers.ts';
import * as queries from './legacy-queries.ts';
import { openTokens, secretOf } from './record-keys.ts';
import { type RespellingCtx, respellIdentifiers } from './respelling.ts';
import { birthOf, namesSeveralCccd } from './rules.ts';
import { NOBODY } from './sealed-person.ts';
import { lockPlainTokens, replaceTokens } from './tokens-queries.ts';

export interface PrepareCtx extends RespellingCtx {
  readonly logger: Pick<Logger, 'info'>;
}

const BATCH_ROWS = 2_000;

/** Resolves when everything is there: at once where nothing came from before, else a minute for a million. */
export async function prepareRecords(ctx: PrepareCtx): Promise<void> {
  // First: what records of before are completed with follows from what they name.
  await respellIdentifiers(ctx);
  await withTransaction(ctx.db, async (tx) => secretOf(await holdSealer(tx, ctx.dataKeys)));
  await sealTokens(ctx);
  const kinds = await untilNone(ctx, completeKinds);
  const records = await untilNone(ctx, completeRecords);
  for (const table of ['records', 'record_versions'] as const) {
    await untilNone(ctx, (tx) => queries.bindPersons(tx, table, BATCH_ROWS));
  }
  if (kinds + records === 0) return;
  await withTransaction(ctx.db, queries.deletePeople);
  ctx.logger.info({ identifiers: kinds, rows: records }, 'records of before are complete');
}

type Completion = (tx: queries.SealingTx) => Promise<number>;

/** Runs `complete` until it finds nothing; how much it found. */
async function untilNone({ db, dataKeys }: PrepareCtx, complete: Completion): Promise<number> {
  let sum = 0;
  for (;;) {
    const done = await withTransaction(db, async (tx) => complete(await holdSealer(tx, dataKeys)));
    if (done === 0) return sum;
    sum += done;
  }
}

/** Tokens of before lie open. */
async function sealTokens(ctx: PrepareCtx): Promise<void> {
  const sealer = await openTokens(ctx);
  const sealed = await untilNone(ctx, async (tx) => {
    const rows = await lockPlainTokens(tx, BATCH_ROWS);
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id);
    const generations = rows.map(({ generation }) => generation ?? 0);
    const tokens = Buffer.concat(rows.map(({ token }) => token));
    await replaceTokens(tx, ids, sealer.seal({ ids, generations }, tokens));
    return rows.length;
  });
  if (sealed > 0) ctx.logger.info({ rows: sealed }, 'tokens of before are sealed');
}

async function completeKinds(tx: queries.SealingTx): Promise<number> {
  const ids = await queries.lockOfNoKind(tx, BATCH_ROWS);
  if (ids.length === 0) return 0;
  const values = await identifiers.valuesOf(tx, ids);
  await queries.updateKinds(
    tx,
    ids,
    ids.map((id) => kindNumberOf(values.get(id) as string)),
  );
  return ids.length;
}

async function completeRecords(tx: queries.SealingTx): Promise<number> {
  const found = await queries.lockIncomplete(tx, BATCH_ROWS);
  if (found.length === 0) return 0;
  const people = await queries.findPeople(
    tx,
    found.flatMap(({ personId }) => personId ?? []),
  );
  const values = await identifiers.valuesOf(
    tx,
    found.flatMap(({ identifierIds }) => identifierIds),
  );
  await queries.complete(
    tx,
    found.map(({ id, identifierIds, ward, personId }) => {
      const person = people.get(personId ?? 0) ?? NOBODY;
      const named = identifierIds.map((one) => values.get(one) as string);
      // A case of before may name several people's cards: of whom it tells is not known.
      const birth = namesSeveralCccd(named) ? undefined : birthOf({ ...person, identifiers: named });
      return { id, person, birth, sealedFor: { identifierIds, ward } };
    }),
  );
  return found.length;
}
