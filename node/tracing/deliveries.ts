/**
 * Contacts that the hub assigns to this province: unpacked, matched with the identifiers known here, and
 * applied once and whole, however often they are delivered.
 */
import type { WarrantPair } from '../../shared/auth/opening.ts';
import { type Queryable, withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { type TracingCtx, verifyDeliveryWarrant } from './operations.ts';

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
  /** Packed pseudonyms of the person. */
  readonly pseudonyms: Uint8Array;
}

/**
 * Applies a delivery if it is the next of its trace; returns the highest one applied, which is lower than
 * `seq` if one before it is missing. Throws as `verifyDeliveryWarrant`, and PERMISSION_DENIED
 * WARRANT_MISMATCH for another trace's warrant.
 */
export async function applyDelivery(ctx: TracingCtx, delivery: Delivery): Promise<number> {
  const opening = await verifyDeliveryWarrant(ctx, delivery.warrant);
  if (opening.trace_id !== delivery.traceId) {
    throw new AppError('PERMISSION_DENIED', 'WARRANT_MISMATCH', 'warrant: names another trace');
  }
  const contacts = localContacts(ctx, delivery);
  return withTransaction(ctx.db, async (tx) => {
    const applied = await lockApplied(tx, delivery.traceId);
    if (delivery.seq !== applied + 1) return applied;
    await upsertContacts(tx, delivery, contacts);
    await tx.sql`UPDATE deliveries SET applied = ${delivery.seq} WHERE trace_id = ${delivery.traceId}`;
    return delivery.seq;
  });
}

type LocalContact = Omit<DeliveredContact, 'pseudonyms'> & { readonly identifierIds: number[] };

function localContacts(ctx: TracingCtx, { traceId, contacts }: Delivery): LocalContact[] {
  const cipher = ctx.cipherOf(traceId);
  const ids = ctx.index.idsOf(cipher.tokensOf(Buffer.concat(contacts.map((c) => c.pseudonyms))));
  let at = 0;
  return contacts.map(({ pseudonyms, ...contact }) => {
    const until = at + pseudonyms.length / 16;
    const identifierIds = [...ids.subarray(at, until)].filter((id) => id >= 0);
    at = until;
    return { ...contact, identifierIds };
  });
}

/** Highest delivery applied, its row locked: two deliveries of one trace wait for each other. */
async function lockApplied({ sql }: Queryable, traceId: string): Promise<number> {
  await sql`INSERT INTO deliveries (trace_id, applied) VALUES (${traceId}, 0) ON CONFLICT DO NOTHING`;
  const [row] = await sql<{ applied: number }[]>`
    SELECT applied FROM deliveries WHERE trace_id = ${traceId} FOR UPDATE`;
  return row?.applied ?? 0;
}

/**
 * One statement each for withdrawals and for new or changed contacts; the ward comes from the person's
 * records.
 */
async function upsertContacts(
  { sql }: Queryable,
  delivery: Delivery,
  contacts: LocalContact[],
): Promise<void> {
  const { traceId, seq } = delivery;
  const withdrawn = contacts.filter((c) => c.withdrawn).map((c) => c.id);
  if (withdrawn.length > 0) {
    await sql`UPDATE contacts SET withdrawn_at = now(), delivery = ${seq}
      WHERE trace_id = ${traceId} AND contact_id = ANY(${withdrawn}::text[])`;
  }
  const rows = contacts.filter((c) => !c.withdrawn);
  if (rows.length === 0) return;
  await sql`INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
      settings, place_kinds, exposed_in, identifier_ids, ward, delivery)
    SELECT ${traceId}, r.id, r.degree, r."firstExposedAt", r."lastExposedAt", r.seconds, r.settings,
      r."placeKinds", r."exposedIn", r."identifierIds", (
        SELECT min(p.ward) FROM people_identifiers pi JOIN people p ON p.id = pi.person_id
        WHERE pi.identifier_id = ANY(r."identifierIds")), ${seq}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (id text, degree smallint,
      "firstExposedAt" bigint, "lastExposedAt" bigint, seconds bigint, settings smallint,
      "placeKinds" integer, "exposedIn" text[], "identifierIds" integer[])
    ON CONFLICT (trace_id, contact_id) DO UPDATE SET degree = excluded.degree,
      first_exposed_at = excluded.first_exposed_at, last_exposed_at = excluded.last_exposed_at,
      seconds = excluded.seconds, settings = excluded.settings, place_kinds = excluded.place_kinds,
      exposed_in = excluded.exposed_in, identifier_ids = excluded.identifier_ids, ward = excluded.ward,
      delivery = excluded.delivery, withdrawn_at = NULL`;
}
