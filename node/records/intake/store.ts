/**
 * Stores one batch of rows of each kind: one transaction, which tells the feed. A batch is stored whole or
 * not at all; batches of different people do not wait for each other (see operations.ts of people for who
 * does).
 */
import type { Step } from '../../../shared/acts/act.ts';
import { type Database, retryConflicts } from '../../../shared/db/database.ts';
import { LAST_INSTANT } from '../../../shared/domain/instant.ts';
import type { FieldError } from '../../../shared/errors.ts';
import { ensurePartitions } from '../../db/partitions.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import {
  type ChangedStays,
  ENCOUNTERS_CHANGED,
  IDENTIFIERS_CHANGED,
  packStays,
  STAYS_CHANGED,
} from '../kinds.ts';
import {
  ensureIdentifiers,
  enterIntake,
  type IntakeTx,
  type NewIdentifierCount,
  recordPeople,
} from '../people/operations.ts';
import { findPlaceIds, recordPlaces } from '../places/operations.ts';
import { type Encounter, writeCheckIns, writeEncounters } from './queries.ts';
import type { CheckInRow, EncounterRow, ImportKind, PersonRow, PlaceRow, Rows } from './rows.ts';
import { type CheckInChange, distinctCheckIns, planCheckIns } from './rules.ts';
import { findSurroundings } from './surroundings.ts';

export interface IntakeCtx {
  readonly db: Database;
  readonly dataKeys: SealerSource;
}

/** One import: where its batches go, each in a transaction with its entry, and what counts what is new. */
export interface ImportRunCtx extends IntakeCtx {
  readonly step: Step;
  readonly created: NewIdentifierCount;
}

/** Problems that only the database knows, by position in the batch. */
export type Refused = ReadonlyMap<number, FieldError>;

export type Store<Row> = (ctx: ImportRunCtx, rows: readonly Row[]) => Promise<Refused>;

const NONE: Refused = new Map();
export const UNKNOWN_PLACE: FieldError = { field: 'place', reason: 'UNKNOWN_PLACE' };
export const KIND_MISSING: FieldError = { field: 'kind', reason: 'NEW_PLACE_KIND' };

export const STORES: { readonly [K in ImportKind]: Store<Rows[K]> } = {
  persons: storePersons,
  places: storePlaces,
  'check-ins': storeCheckIns,
  encounters: storeEncounters,
};

async function storePersons(ctx: ImportRunCtx, rows: readonly PersonRow[]): Promise<Refused> {
  await write(ctx, rows.length, (tx) => recordPeople(tx, rows));
  return NONE;
}

async function storePlaces(ctx: ImportRunCtx, rows: readonly PlaceRow[]): Promise<Refused> {
  const withoutKind = await write(ctx, rows.length, async (tx) => {
    const recorded = await recordPlaces(tx, rows);
    if (recorded.rekinded.length > 0) await tx.emit(STAYS_CHANGED, packStays(everybodyAt(recorded.rekinded)));
    return recorded.withoutKind;
  });
  return new Map(withoutKind.map((position) => [position, KIND_MISSING]));
}

/** All stays at these places, ever: no identifiers of its own, because tracing looks up who was there. */
function everybodyAt(placeIds: number[]): ChangedStays {
  return {
    identifierIds: [],
    placeIds,
    from: placeIds.map(() => 0),
    until: placeIds.map(() => LAST_INSTANT),
    before: placeIds.map(() => LAST_INSTANT),
  };
}

async function storeCheckIns(ctx: ImportRunCtx, rows: readonly CheckInRow[]): Promise<Refused> {
  // Places are never deleted: what is known before the transaction is known in it.
  const placeIds = await findPlaceIds(
    ctx.db,
    rows.map(({ place }) => place),
  );
  const taken = rows.filter(({ place }) => placeIds.has(place));
  if (taken.length > 0) {
    // They were made ahead (weeks.ts) but for a node that has only begun, and for rules that keep years: what
    // is out of bounds was refused, so that no file makes more than the rules have weeks.
    await ensurePartitions(
      ctx.db,
      'check_ins',
      taken.map((row) => row.in_at),
    );
    await write(ctx, taken.length, (tx) => recordCheckIns(tx, taken, placeIds));
  }
  const refused = rows.flatMap(({ place }, position) => (placeIds.has(place) ? [] : [position]));
  return new Map(refused.map((position) => [position, UNKNOWN_PLACE]));
}

async function recordCheckIns(
  tx: IntakeTx,
  rows: readonly CheckInRow[],
  placeIds: ReadonlyMap<string, number>,
): Promise<void> {
  const { ids, created } = await ensureIdentifiers(
    tx,
    rows.map(({ identifier }) => identifier),
    'change',
  );
  const checkIns = distinctCheckIns(
    rows.map((row) => ({
      identifierId: ids.get(row.identifier) as number,
      placeId: placeIds.get(row.place) as number,
      inAt: row.in_at,
      outAt: row.out_at,
    })),
  );
  const stays = planCheckIns(checkIns, await findSurroundings(tx, checkIns, new Set(created)));
  if (created.length > 0) await tx.emit(IDENTIFIERS_CHANGED, created);
  if (stays.length === 0) return;
  await writeCheckIns(tx, stays);
  await tx.emit(STAYS_CHANGED, packStays(columnsOf(stays)));
}

async function storeEncounters(ctx: ImportRunCtx, rows: readonly EncounterRow[]): Promise<Refused> {
  await ensurePartitions(
    ctx.db,
    'encounters',
    rows.map(({ from }) => from),
  );
  await write(ctx, rows.length, async (tx) => {
    const { ids, created } = await ensureIdentifiers(
      tx,
      rows.flatMap((row) => [row.identifier_a, row.identifier_b]),
    );
    const pairs = await writeEncounters(tx, distinctEncounters(rows, ids));
    if (created.length > 0) await tx.emit(IDENTIFIERS_CHANGED, created);
    if (pairs.length === 0) return;
    await tx.emit(ENCOUNTERS_CHANGED, { a: pairs.map(({ a }) => a), b: pairs.map(({ b }) => b) });
  });
  return NONE;
}

/** Each unordered pair and interval once; of two signal strengths the later row's stands. */
function distinctEncounters(rows: readonly EncounterRow[], ids: ReadonlyMap<string, number>): Encounter[] {
  const byKey = new Map<string, Encounter>();
  for (const { identifier_a, identifier_b, from, until, rssi } of rows) {
    const [one, other] = [ids.get(identifier_a) as number, ids.get(identifier_b) as number];
    const [a, b] = one < other ? [one, other] : [other, one];
    const name = `${a} ${b} ${from} ${until}`;
    byKey.set(name, { a, b, from, until, rssi: rssi ?? byKey.get(name)?.rssi ?? null });
  }
  return [...byKey.values()];
}

/** One transaction, tried again when it lost against another one. */
async function write<T>(
  { step, dataKeys, created }: ImportRunCtx,
  rows: number,
  work: (tx: IntakeTx) => Promise<T>,
): Promise<T> {
  const done = await retryConflicts(() =>
    step({ detail: { rows } }, async (tx) => work(await enterIntake(tx, dataKeys, created))),
  );
  created.settle();
  return done;
}

function columnsOf(stays: readonly CheckInChange[]): ChangedStays {
  return {
    identifierIds: stays.map(({ identifierId }) => identifierId),
    placeIds: stays.map(({ placeId }) => placeId),
    from: stays.map(({ inAt }) => inAt),
    until: stays.map(({ until }) => until),
    before: stays.map(({ before }) => before),
  };
}
