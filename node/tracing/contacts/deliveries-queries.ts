/**
 * The tables `contacts` and `deliveries` as deliveries of the hub change them. By hand: contacts come by
 * thousands, with COPY, and a trace of one degree is short enough for drizzle's building of statements to
 * show.
 */
import { copyIn } from '../../../shared/db/copy.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import type { WarrantPair } from '../../../shared/signed/opening.ts';

/** One delivery, columns unpacked. Counts and lengths have been checked by the caller's decoding. */
export interface Delivery {
  readonly traceId: string;
  readonly seq: number;
  readonly warrant: WarrantPair;
  readonly contacts: readonly DeliveredContact[];
}

export interface DeliveredContact {
  /** 32 hex digits. */
  readonly id: string;
  readonly withdrawn: boolean;
  readonly degree: number;
  readonly firstExposedAt: number;
  readonly lastExposedAt: number;
  readonly seconds: number;
  readonly settings: number;
  readonly placeKinds: number;
  readonly exposedIn: readonly string[];
  /** Another province is responsible, and this one claims the person as its resident. */
  readonly alsoClaimed: boolean;
  /** Packed pseudonyms of the person. */
  readonly pseudonyms: Uint8Array;
}

/** A contact with the local ids of the person's identifiers. */
export type LocalContact = Omit<DeliveredContact, 'pseudonyms'> & { readonly identifierIds: number[] };

/** Highest delivery applied, its row locked: two deliveries of one trace wait for each other. */
export async function lockApplied({ sql }: Queryable, traceId: string): Promise<number> {
  await sql`INSERT INTO deliveries (trace_id, applied) VALUES (${traceId}, 0) ON CONFLICT DO NOTHING`;
  const [row] = await sql<{ applied: number }[]>`
    SELECT applied FROM deliveries WHERE trace_id = ${traceId} FOR UPDATE`;
  return row?.applied ?? 0;
}

/** Any number, the same in all programs. */
const FILING_LOCK = 7_300_002;

/**
 * Lets nobody re-file contacts until the transaction ends: what it reads of wards is still so when its
 * contacts can be seen.
 */
export async function shareFiling({ sql }: Queryable): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock_shared(${FILING_LOCK})`;
}

/** Waits until no delivery is being applied, and lets none be until the transaction ends. */
export async function lockFiling({ sql }: Queryable): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${FILING_LOCK})`;
}

/**
 * Files the standing contacts that have one of these identifiers, or all that there are, under the ward of
 * the person's records, as a delivery would. By index, identifier by identifier: plans that overlap arrays
 * scan.
 */
export async function refileContacts(
  { sql }: Queryable,
  { moved, wards }: { readonly moved: readonly number[] | 'all'; readonly wards: readonly string[] },
) {
  const touched =
    moved === 'all'
      ? sql`SELECT trace_id, contact_id, identifier_ids FROM contacts WHERE withdrawn_at IS NULL`
      : sql`
        SELECT DISTINCT c.trace_id, c.contact_id, c.identifier_ids
        FROM unnest(${[...moved]}::int[]) AS moved (id)
        JOIN contacts c ON c.identifier_ids @> ARRAY[moved.id] WHERE c.withdrawn_at IS NULL`;
  await sql`SET LOCAL enable_seqscan = off`;
  await sql`
    WITH touched AS MATERIALIZED (${touched}),
    filed AS (
      SELECT t.trace_id, t.contact_id, (
        SELECT r.ward FROM unnest(t.identifier_ids) AS named (id)
        JOIN record_identifiers n ON n.identifier_id = named.id JOIN records r ON r.id = n.record_id
        WHERE r.retracted_at IS NULL AND r.waits_for IS NULL AND r.ward = ANY (${[...wards]}::text[])
        ORDER BY record_rank(r.source), r.at DESC, r.id DESC LIMIT 1) AS ward
      FROM touched t)
    UPDATE contacts c SET ward = filed.ward FROM filed
    WHERE c.trace_id = filed.trace_id AND c.contact_id = filed.contact_id
      AND c.ward IS DISTINCT FROM filed.ward`;
}

/** Marks a delivery as applied. */
export async function markApplied({ sql }: Queryable, { traceId, seq }: Delivery): Promise<void> {
  await sql`UPDATE deliveries SET applied = ${seq} WHERE trace_id = ${traceId}`;
}

/** Deletes all contacts of a trace; how many. */
export async function deleteContacts({ sql }: Queryable, traceId: string): Promise<number> {
  const { count } = await sql`DELETE FROM contacts WHERE trace_id = ${traceId}`;
  await sql`DELETE FROM deliveries WHERE trace_id = ${traceId}`;
  return count;
}

/** A contact as whoever works on it reads it; instants in epoch seconds. */
export interface AssignedContact {
  readonly id: string;
  /** It is not this province's any more, or never was: withdrawn, or another's that this one claims. */
  readonly isGone: boolean;
  readonly degree: number;
  readonly firstExposedAt: number;
  readonly lastExposedAt: number;
  readonly seconds: number;
  readonly settings: number;
  readonly placeKinds: number;
  readonly exposedIn: string[];
  readonly identifierIds: number[];
  readonly ward: string | null;
}

/** Those of a trace that have these ids. */
export async function listAssigned(
  { sql }: Queryable,
  traceId: string,
  ids: readonly string[],
): Promise<AssignedContact[]> {
  return sql<AssignedContact[]>`
    SELECT contact_id AS id, withdrawn_at IS NOT NULL OR also_claimed AS "isGone", degree,
      first_exposed_at AS "firstExposedAt", last_exposed_at AS "lastExposedAt", seconds, settings,
      place_kinds AS "placeKinds", exposed_in AS "exposedIn", identifier_ids AS "identifierIds", ward
    FROM contacts WHERE trace_id = ${traceId} AND contact_id = ANY (${[...ids]}::text[])
    ORDER BY contact_id`;
}

/** All that stand, by trace, with the opening of its latest revision. */
export async function listStanding({ sql }: Queryable) {
  return sql<{ traceId: string; opening: string; ids: string[] }[]>`
    SELECT c.trace_id AS "traceId", coalesce(o.opening, '') AS opening, c.ids
    FROM (
      SELECT trace_id, array_agg(contact_id ORDER BY contact_id) AS ids FROM contacts
      WHERE withdrawn_at IS NULL GROUP BY trace_id) c
    LEFT JOIN LATERAL (
      SELECT opening FROM openings WHERE trace_id = c.trace_id ORDER BY revision DESC LIMIT 1) o ON true
    ORDER BY c.trace_id`;
}

interface Filing {
  readonly delivery: Delivery;
  readonly contacts: readonly LocalContact[];
  /** Those that are desks here: who lives in another stands at the province's own. */
  readonly wards: readonly string[];
}

/** Withdrawals first; then new and changed contacts, with the wards of the persons' records. */
export async function upsertContacts(tx: Queryable, { delivery, contacts, wards }: Filing): Promise<void> {
  const { traceId, seq } = delivery;
  const withdrawn = contacts.filter((c) => c.withdrawn).map((c) => c.id);
  if (withdrawn.length > 0) {
    await tx.sql`UPDATE contacts SET withdrawn_at = now(), delivery = ${seq}
      WHERE trace_id = ${traceId} AND contact_id = ANY(${withdrawn}::text[])`;
  }
  const rows = contacts.filter((c) => !c.withdrawn);
  if (rows.length === 0) return;
  const columns = columnsOf(rows, await findWards(tx, rows, wards), delivery);
  // The first delivery is the large one, and people wait for it: nothing can be there to be replaced.
  if (seq === 1) await copyIn(tx.sql, `contacts (${CONTACT_COLUMNS})`, columns);
  else await replaceContacts(tx, columns);
}

const CONTACT_COLUMNS = `trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds, settings,
  place_kinds, exposed_in, identifier_ids, ward, delivery, also_claimed`;

/** Values of CONTACT_COLUMNS, one array a column; arrays as PostgreSQL writes them. */
function columnsOf(
  rows: readonly LocalContact[],
  wardOf: (contact: LocalContact) => string | undefined,
  { traceId, seq }: Delivery,
) {
  return [
    rows.map(() => traceId),
    rows.map((c) => c.id),
    rows.map((c) => c.degree),
    rows.map((c) => c.firstExposedAt),
    rows.map((c) => c.lastExposedAt),
    rows.map((c) => c.seconds),
    rows.map((c) => c.settings),
    rows.map((c) => c.placeKinds),
    rows.map((c) => `{${c.exposedIn.join()}}`),
    rows.map((c) => `{${c.identifierIds.join()}}`),
    rows.map((c) => wardOf(c) ?? null),
    rows.map(() => seq),
    rows.map((c) => c.alsoClaimed),
  ];
}

/** New contacts, and changes to those that are there, by way of a table of their own. */
async function replaceContacts({ sql }: Queryable, columns: ReturnType<typeof columnsOf>): Promise<void> {
  await sql`CREATE TEMPORARY TABLE IF NOT EXISTS delivered (LIKE contacts INCLUDING DEFAULTS)
    ON COMMIT DELETE ROWS`;
  await copyIn(sql, `delivered (${CONTACT_COLUMNS})`, columns);
  await sql`INSERT INTO contacts SELECT * FROM delivered
    ON CONFLICT (trace_id, contact_id) DO UPDATE SET degree = excluded.degree,
      first_exposed_at = excluded.first_exposed_at, last_exposed_at = excluded.last_exposed_at,
      seconds = excluded.seconds, settings = excluded.settings, place_kinds = excluded.place_kinds,
      exposed_in = excluded.exposed_in, identifier_ids = excluded.identifier_ids, ward = excluded.ward,
      delivery = excluded.delivery, also_claimed = excluded.also_claimed, withdrawn_at = NULL,
      take_over = CASE WHEN excluded.also_claimed THEN contacts.take_over END,
      take_over_refusal = CASE WHEN excluded.also_claimed THEN contacts.take_over_refusal END`;
}

/** Ward of each contact by the standing record that counts most of those that name its identifiers. */
async function findWards(
  { sql }: Queryable,
  contacts: readonly LocalContact[],
  wards: readonly string[],
): Promise<(contact: LocalContact) => string | undefined> {
  const ids = [...new Set(contacts.flatMap((c) => c.identifierIds))];
  const found = await sql<{ id: number; ward: string; place: number }[]>`
    SELECT of.id, r.ward,
      row_number() OVER (ORDER BY record_rank(r.source), r.at DESC, r.id DESC)::int AS place
    FROM unnest(${ids}::integer[]) of (id)
    CROSS JOIN LATERAL (
      SELECT r.id, r.source, r.at, r.ward FROM record_identifiers n JOIN records r ON r.id = n.record_id
      WHERE n.identifier_id = of.id AND r.retracted_at IS NULL AND r.waits_for IS NULL
        AND r.ward = ANY (${[...wards]}::text[])
      ORDER BY record_rank(r.source), r.at DESC, r.id DESC LIMIT 1) r`;
  const byId = new Map(found.map((row) => [row.id, row]));
  return ({ identifierIds }) =>
    identifierIds
      .flatMap((id) => byId.get(id) ?? [])
      .reduce<{ ward: string; place: number } | undefined>(
        (best, row) => (best === undefined || row.place < best.place ? row : best),
        undefined,
      )?.ward;
}
