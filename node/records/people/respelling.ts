/**
 * Identifiers that were stored under a spelling of before become today's, once, when the node starts: before
 * anybody asks, so that nothing in memory knows the old one. By ascending id, a batch in a transaction, which
 * a crash leaves where it was. On the record, with counts alone.
 *
 * Records name identifiers by their ids, so they stay as they are. Their keys do too: those that are made of
 * identifiers' text are those of imported rows, and who imported before there were records left none.
 *
 * One whose right spelling nobody has is spelled anew in its row, and gets another token. One whose right
 * spelling is there already keeps its row, under which stays are recorded, and one record names both: one
 * person.
 */
import { NODE_PROGRAM } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, retryConflicts, withTransaction } from '../../../shared/db/database.ts';
import { readIdentifier } from '../../../shared/domain/identifier.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import * as identifierQueries from './identifiers-queries.ts';
import { enterIntake, tellRecords } from './operations.ts';
import { putRecords } from './records.ts';
import * as queries from './respelling-queries.ts';
import { NOTHING_SAID, SOURCES } from './rules.ts';

export interface RespellingCtx {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly clock: Pick<Clock, 'nowMs'>;
}

const BATCH_ROWS = 1_000;

/** Goes on where it was until all are spelled right; how many were not. Does nothing where that was done. */
export async function respellIdentifiers(ctx: RespellingCtx): Promise<number> {
  let changed = 0;
  for (;;) {
    const batch = await retryConflicts(() => respellBatch(ctx));
    if (batch === undefined) return changed;
    changed += batch;
  }
}

/** How many of the next rows were changed; undefined if there are no more. */
async function respellBatch({ db, dataKeys, clock }: RespellingCtx): Promise<number | undefined> {
  return withTransaction(db, async (tx) => {
    const rows = await queries.nextRows(tx, BATCH_ROWS);
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    const intake = await enterIntake(tx, dataKeys);
    const old = rows.flatMap(({ id, valueSealed }) => {
      const value = intake.sealer.open('identifiers.value', id, valueSealed);
      const { value: right = value } = readIdentifier(value);
      return right === value ? [] : [{ id, value, right }];
    });
    const rights = [...new Set(old.map(({ right }) => right))];
    const indexes = intake.sealer.index('identifiers.value', rights);
    const taken = await identifierQueries.findIdentifiers(intake, { values: rights, indexes }, 'nothing');
    // Of several old spellings of one the first takes its place.
    const renamed = old.filter(({ right }, i) => {
      return !taken.has(right) && old.findIndex((other) => other.right === right) === i;
    });
    await queries.renameIdentifiers(intake, renamed);
    const linked = old.filter((one) => !renamed.includes(one));
    const { changed, moved } = await putRecords(intake, linked.map(bothOf));
    await tellRecords(intake, { changed: [...new Set([...renamed.map(({ id }) => id), ...changed])], moved });
    await queries.markDone(tx, last.id);
    if (old.length > 0) {
      const detail = { renamed: renamed.length, linked: linked.length };
      const entry = {
        action: 'identifiers.respelled',
        actor: NODE_PROGRAM,
        outcome: 'done',
        detail,
      } as const;
      await recordAudit(tx, entry, nowSeconds(clock));
    }
    return old.length;
  });
}

/** Both spellings as what one record names, which is of before. */
function bothOf({
  id,
  value,
  right,
}: {
  readonly id: number;
  readonly value: string;
  readonly right: string;
}) {
  const said = { ...NOTHING_SAID, record: null, identifiers: [right, value] };
  return { source: SOURCES.legacy, key: keyOf(id), value: said };
}

/** As the migration to records names those of before: a letter for what they were, and the row. */
function keyOf(id: number): string {
  return `${Buffer.from('s').toString('hex')}${id.toString(16).padStart(8, '0')}`;
}
