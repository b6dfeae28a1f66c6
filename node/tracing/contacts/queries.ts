/**
 * The contacts of a trace that this province is responsible for, or also claims.
 */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Scope } from '../../../shared/acts/access.ts';
import { conditionsOf, type FiltersOf } from '../../../shared/db/conditions.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import type { ContactFacts, ContactPlace } from './rules.ts';
import { contacts, deliveries } from './tables.ts';

/** A contact as stored. */
export interface ContactRow extends ContactFacts {
  /** Local ids of the person's identifiers. */
  readonly identifierIds: number[];
}

const { contactId, degree, firstExposedAt, lastExposedAt, seconds, settings, placeKinds } = contacts;
const { exposedIn, identifierIds, alsoClaimed, takeOver, takeOverRefusal } = contacts;
const COLUMNS = {
  ...{ id: contactId, ward: contacts.ward, degree, firstExposedAt, lastExposedAt, seconds, settings },
  ...{ placeKinds, exposedIn, identifierIds, alsoClaimed, takeOver, takeOverRefusal },
};

const LATEST_FIRST = sql`-${lastExposedAt}`;

const CONDITIONS = {
  traceId: (id: string) => eq(contacts.traceId, id),
  /** null: those of no ward, at the province's own desk. */
  ward: (ward: string | null) => (ward === null ? isNull(contacts.ward) : eq(contacts.ward, ward)),
  /** Behind the place where the page before ended. */
  after: ([place, exposure, id]: ContactPlace) => sql`(${degree}, ${LATEST_FIRST}, ${contactId}) >
    (${place}::int, -(${exposure}::bigint), ${id})`,
};

export interface ContactsPage extends FiltersOf<typeof CONDITIONS> {
  readonly traceId: string;
  readonly limit: number;
}

/** At most `limit` standing contacts in scope: F1 first, those exposed last before others, then by id. */
export function listContacts({ orm }: Queryable, page: ContactsPage, scope: Scope): Promise<ContactRow[]> {
  return orm
    .select(COLUMNS)
    .from(contacts)
    .where(
      and(isNull(contacts.withdrawnAt), conditionsOf(CONDITIONS, page), withinWards(contacts.ward, scope)),
    )
    .orderBy(degree, LATEST_FIRST, contactId)
    .limit(page.limit);
}

/** Grows whenever the contacts of the trace change here; 0 = none came yet. */
export async function findDelivery({ orm }: Queryable, traceId: string): Promise<number> {
  const { applied } = deliveries;
  const [row] = await orm.select({ applied }).from(deliveries).where(eq(deliveries.traceId, traceId));
  return row?.applied ?? 0;
}
