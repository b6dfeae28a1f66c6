/**
 * The contacts of a trace that this province is responsible for.
 */
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import type { ContactFacts, ContactPlace } from './rules.ts';

/** A contact as stored. */
export interface ContactRow extends ContactFacts {
  /** Local ids of the person's identifiers. */
  readonly identifier_ids: number[];
}

export interface ContactsPage {
  readonly traceId: string;
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: ContactPlace | undefined;
  readonly ward?: string | undefined;
}

/** No contact has degree 0. */
const BEFORE_ALL: ContactPlace = [0, 0, ''];

/** At most `limit` standing contacts in scope: F1 first, those exposed last before others, then by id. */
export function listContacts(
  db: Queryable,
  { traceId, limit, after = BEFORE_ALL, ward }: ContactsPage,
  scope: Scope,
): Promise<ContactRow[]> {
  return db.sql<ContactRow[]>`
    SELECT contact_id AS id, degree, first_exposed_at, last_exposed_at, seconds, settings, place_kinds,
      exposed_in, ward, identifier_ids
    FROM contacts
    WHERE trace_id = ${traceId} AND withdrawn_at IS NULL
      AND (degree, -last_exposed_at, contact_id) >
        (${after[0]}::int, -(${after[1]}::bigint), ${after[2]})
      ${ward === undefined ? db.sql`` : db.sql`AND ward = ${ward}`} ${withinWards(db, scope)}
    ORDER BY degree, -last_exposed_at, contact_id LIMIT ${limit}`;
}

/** Grows whenever the contacts of the trace change here; 0 = none came yet. */
export async function findDelivery(db: Queryable, traceId: string): Promise<number> {
  const [row] = await db.sql<
    { applied: number }[]
  >`SELECT applied FROM deliveries WHERE trace_id = ${traceId}`;
  return row?.applied ?? 0;
}
