/**
 * What tracing reads from the node's database. The statements with COPY are the trace's hot path: set-based,
 * one for a whole question, read as columns (drizzle has no COPY). Of the others those by hand are asked for
 * with every question, where drizzle's building of a statement shows.
 */
import { sql } from 'drizzle-orm';
import { copyColumns } from '../../../shared/db/copy.ts';
import type { Database, Queryable } from '../../../shared/db/database.ts';
import { ENCOUNTER_SETTING } from '../../../shared/domain/place-kind.ts';
import { assumedStays, LONGEST_STAY_LIMIT, type RulePack } from '../../../shared/domain/rule-pack.ts';
import type { ChangedStays } from '../../records/kinds.ts';
import type { TokenSealer } from '../../sealing/token-sealer.ts';
import type { IdentifierColumns } from './identifier-index.ts';
import type { NamingColumns } from './record-index.ts';
import { nodeState, openings } from './tables.ts';

/**
 * Starts a new life of the node: its number is larger than that of any before, and about the time in
 * milliseconds.
 */
export async function beginIncarnation({ orm }: Queryable, nowMs: number): Promise<number> {
  const { incarnation } = nodeState;
  const [row] = await orm
    .update(nodeState)
    .set({ incarnation: sql`greatest(${incarnation} + 1, ${nowMs})` })
    .returning({ incarnation });
  return row?.incarnation as number;
}

/** When data was received last, epoch seconds; 0 = never. */
export async function findDataAt({ orm }: Queryable): Promise<number> {
  const { dataAt } = nodeState;
  const [row] = await orm.select({ dataAt }).from(nodeState);
  return row?.dataAt ?? 0;
}

export async function markDataAt({ orm }: Queryable, dataAt: number): Promise<void> {
  await orm.update(nodeState).set({ dataAt: sql`greatest(${nodeState.dataAt}, ${dataAt})` });
}

/**
 * Identifiers that have a token of a generation, which `tokens` opens: all, or those of `ids`. Throws
 * SEALED_VALUE_REFUSED.
 */
export async function readIdentifiers(
  db: Database,
  tokens: TokenSealer,
  { generation, ids }: { readonly generation: number; readonly ids?: readonly number[] | undefined },
): Promise<IdentifierColumns> {
  const number = Math.trunc(generation);
  const { columns } = await copyColumns(
    db.sql,
    `SELECT id, CASE WHEN token_generation = ${number} THEN token ELSE next_token END, kind::int
      FROM identifiers
      WHERE token IS NOT NULL AND (token_generation = ${number} OR next_generation = ${number})
        ${ids ? `AND id = ANY(${intArray(ids)})` : ''}`,
    ['int4', 'bytea24', 'int4'],
  );
  const [id, sealed, kind] = columns;
  const generations = new Int32Array(id.length).fill(generation);
  return { id, token: tokens.open({ ids: id, generations }, sealed), kind };
}

/**
 * Namings of standing records: of all, or of those that name one of `ids`. `province` decides who is a
 * resident: who has a record here that says so; the home province that came with a check-in is no record.
 */
export async function readRecords(
  db: Database,
  province: string,
  ids?: readonly number[],
): Promise<NamingColumns> {
  // Record by record, whatever the planner believes of tables that an import has just filled.
  const standing = ids
    ? `(SELECT DISTINCT n.record_id FROM unnest(${intArray(ids)}) AS asked (id)
          CROSS JOIN LATERAL (
            SELECT record_id FROM record_identifiers WHERE identifier_id = asked.id OFFSET 0) n) named_by
        CROSS JOIN LATERAL (SELECT * FROM records WHERE id = named_by.record_id OFFSET 0) r`
    : 'records r';
  const { columns } = await copyColumns(
    db.sql,
    `SELECT r.id::int, named.id, coalesce(${PACKED_BIRTH}, 0), coalesce(r.household_id, 0),
        coalesce(r.principal_id, 0), coalesce(r.province = '${province}', false)
      FROM ${standing} CROSS JOIN LATERAL unnest(r.identifier_ids) AS named (id)
      WHERE r.retracted_at IS NULL AND r.waits_for IS NULL`,
    ['int4', 'int4', 'int4', 'int4', 'int4', 'bool'],
  );
  const [record, identifier, birth, household, principal, isResident] = columns;
  return { record, identifier, birth, household, principal, isResident };
}

/** Birth year and sex of a record in one number, see `packBirth`. */
const PACKED_BIRTH = `(r.birth_year * 4
  + CASE r.sex WHEN 'male' THEN 1 WHEN 'female' THEN 2 WHEN 'other' THEN 3 END)::int`;

/** Whom identifiers met: parallel columns; `row` is the position in the asked columns. */
export interface MetColumns {
  readonly row: Int32Array;
  readonly other: Int32Array;
  readonly from: Float64Array;
  readonly until: Float64Array;
  /** Place kind, or 254 for an encounter. */
  readonly setting: Int32Array;
}

export interface AskedColumns {
  readonly row: ArrayLike<number>;
  readonly id: ArrayLike<number>;
  readonly from: ArrayLike<number>;
  readonly until: ArrayLike<number>;
}

/**
 * Contact events of the asked identifiers, each cut to its asked window: co-presence at a place under
 * `rules`, and encounters. One statement, so one snapshot. No order.
 */
export async function findContactEvents(
  db: Database,
  asked: AskedColumns,
  rules: RulePack,
): Promise<MetColumns> {
  const { columns } = await copyColumns(db.sql, contactEventsSql(asked, rules), [
    'int4',
    'int4',
    'int8',
    'int8',
    'int4',
  ]);
  const [row, other, from, until, setting] = columns;
  return { row, other, from, until, setting };
}

/**
 * Stays are ranges of two indexes: the asked identifier's own by (identifier, in), then everybody's at that
 * place by (place, in). Both look back by the longest stay, so that an earlier check-in that reaches into the
 * window counts.
 */
function contactEventsSql(asked: AskedColumns, rules: RulePack): string {
  const longest = rules.longest_stay_seconds;
  const assumed = `(${intArray(assumedStays(rules))})[p.kind + 1]`;
  const end = (stay: string) =>
    `least(${stay}.in_at + ${longest},
       coalesce(${stay}.out_at, least(${stay}.in_at + s.assumed, ${stay}.next_in_at)))`;
  const cut = `greatest(e.from_at, a.from_at), least(e.until_at, e.from_at + ${longest}, a.until_at)`;
  const overlaps = `e.from_at < a.until_at AND e.from_at > a.from_at - ${longest} AND e.until_at > a.from_at
        AND e.until_at > e.from_at`;
  return `WITH asked (n, id, from_at, until_at) AS MATERIALIZED (
      SELECT * FROM unnest(${intArray(asked.row)}, ${intArray(asked.id)},
        ${bigintArray(asked.from)}, ${bigintArray(asked.until)}))
    SELECT a.n, o.identifier_id, greatest(o.in_at, w.from_at), least(${end('o')}, w.until_at), p.kind::int
      FROM asked a
      JOIN check_ins m ON m.identifier_id = a.id
        AND m.in_at < a.until_at AND m.in_at > a.from_at - ${longest}
      JOIN places p ON p.id = m.place_id
      CROSS JOIN LATERAL (SELECT ${assumed} AS assumed) s
      CROSS JOIN LATERAL (
        SELECT greatest(m.in_at, a.from_at) AS from_at, least(${end('m')}, a.until_at) AS until_at) w
      JOIN check_ins o ON o.place_id = m.place_id
        AND o.in_at < w.until_at AND o.in_at > w.from_at - ${longest}
      WHERE w.from_at < w.until_at AND ${end('o')} > greatest(o.in_at, w.from_at)
        AND o.identifier_id <> m.identifier_id
    UNION ALL SELECT a.n, e.identifier_b, ${cut}, ${ENCOUNTER_SETTING}
      FROM asked a JOIN encounters e ON e.identifier_a = a.id AND ${overlaps}
    UNION ALL SELECT a.n, e.identifier_a, ${cut}, ${ENCOUNTER_SETTING}
      FROM asked a JOIN encounters e ON e.identifier_b = a.id AND ${overlaps}`;
}

/**
 * Identifiers that may have met a changed stay, with the changed interval: more than met it under any rules.
 */
export async function findPresentAt(
  db: Database,
  stays: Pick<ChangedStays, 'placeIds' | 'from' | 'until'>,
): Promise<{ id: Int32Array; from: Float64Array; until: Float64Array }> {
  const { columns } = await copyColumns(
    db.sql,
    `SELECT DISTINCT o.identifier_id, s.from_at, s.until_at
      FROM unnest(${intArray(stays.placeIds)}, ${bigintArray(stays.from)}, ${bigintArray(stays.until)})
        AS s (place_id, from_at, until_at)
      JOIN check_ins o ON o.place_id = s.place_id AND o.in_at < s.until_at
        AND o.in_at > s.from_at - ${LONGEST_STAY_LIMIT}`,
    ['int4', 'int8', 'int8'],
  );
  return { id: columns[0], from: columns[1], until: columns[2] };
}

export type AdmittedOpening = Readonly<
  Pick<typeof openings.$inferSelect, 'revision' | 'province' | 'opening'>
>;

/** Openings of a trace that this node has accepted, by revision. */
export function listAdmittedOpenings({ sql }: Queryable, traceId: string): Promise<AdmittedOpening[]> {
  return sql<AdmittedOpening[]>`
    SELECT revision, province, opening FROM openings WHERE trace_id = ${traceId} ORDER BY revision`;
}

/** Lets nobody else admit an opening of this trace until the transaction ends. */
export async function lockAdmission({ sql }: Queryable, traceId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${traceId}, 0))`;
}

/** An opening as it is admitted: what it says, and between which instants it can ask. */
export type NewOpening = Omit<typeof openings.$inferInsert, 'traceId' | 'firstSeenAt' | 'closedAt'>;

/** Accepts an opening. */
export async function insertAdmittedOpening(
  { orm }: Queryable,
  traceId: string,
  opening: NewOpening,
): Promise<void> {
  await orm.insert(openings).values({ traceId, ...opening });
}

/** These traces are over since `now` (epoch seconds): nobody asks under their openings any more. */
export async function markOpeningsClosed(
  { sql }: Queryable,
  traceIds: readonly string[],
  now: number,
): Promise<void> {
  await sql`UPDATE openings SET closed_at = ${now}
    WHERE trace_id = ANY (${[...traceIds]}::text[]) AND closed_at IS NULL`;
}

/** Whether a trace that is not over, by its opening, can ask about anything in [from, until). */
export async function isAskedAbout(
  { sql }: Queryable,
  { from, until, now }: { readonly from: number; readonly until: number; readonly now: number },
): Promise<boolean> {
  const rows = await sql`
    SELECT FROM openings o WHERE expires_at > ${now} AND closed_at IS NULL
      AND asks_from < ${until} AND asks_until > ${from}
      AND NOT EXISTS (SELECT FROM traces t WHERE t.id = o.trace_id AND t.closed_at IS NOT NULL) LIMIT 1`;
  return rows.length > 0;
}

/** Numbers as an SQL array literal: COPY takes no parameters, and numbers need no quoting. */
function intArray(values: ArrayLike<number>): string {
  return `'{${Array.prototype.join.call(values, ',')}}'::int[]`;
}

function bigintArray(values: ArrayLike<number>): string {
  return `'{${Array.prototype.join.call(values, ',')}}'::bigint[]`;
}
