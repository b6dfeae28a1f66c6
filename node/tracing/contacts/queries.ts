/**
 * The contacts of a trace that this province is responsible for.
 */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import { contacts, deliveries } from '../../db/schema.ts';
import type { ContactFacts, ContactPlace } from './rules.ts';

/** A contact as stored. */
export interface ContactRow extends ContactFacts {
  /** Local ids of the person's identifiers. */
  readonly identifierIds: number[];
}

const { contactId, degree, firstExposedAt, lastExposedAt, seconds, settings, placeKinds } = contacts;
const { exposedIn, identifierIds } = contacts;
const COLUMNS = {
  ...{ id: contactId, ward: contacts.ward, degree, firstExposedAt, lastExposedAt, seconds, settings },
  ...{ placeKinds, exposedIn, identifierIds },
};

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
  { orm }: Queryable,
  { traceId, limit, after = BEFORE_ALL, ward }: ContactsPage,
  scope: Scope,
): Promise<ContactRow[]> {
  const latestFirst = sql`-${lastExposedAt}`;
  const [afterDegree, afterExposure, afterId] = after;
  return orm
    .select(COLUMNS)
    .from(contacts)
    .where(
      and(
        eq(contacts.traceId, traceId),
        isNull(contacts.withdrawnAt),
        sql`(${degree}, ${latestFirst}, ${contactId}) >
          (${afterDegree}::int, -(${afterExposure}::bigint), ${afterId})`,
        ward === undefined ? undefined : eq(contacts.ward, ward),
        withinWards(contacts.ward, scope),
      ),
    )
    .orderBy(degree, latestFirst, contactId)
    .limit(limit);
}

/** Grows whenever the contacts of the trace change here; 0 = none came yet. */
export async function findDelivery({ orm }: Queryable, traceId: string): Promise<number> {
  const { applied } = deliveries;
  const [row] = await orm.select({ applied }).from(deliveries).where(eq(deliveries.traceId, traceId));
  return row?.applied ?? 0;
}
