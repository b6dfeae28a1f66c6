/**
 * The contacts that this province is responsible for: taken from the hub once and whole, however often they
 * are delivered, read page by page, and written into a file that leaves the node in somebody's hands. Knows
 * nothing of CSV.
 */
import type { Caller } from '../../../shared/acts/access.ts';
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { traceSubject } from '../../../shared/audit/subjects.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { type Transaction, withTransaction } from '../../../shared/db/database.ts';
import { AppError } from '../../../shared/errors.ts';
import { FeedActor } from '../../../shared/feed/actor.ts';
import type { Feed } from '../../../shared/feed/feed.ts';
import { bodyOf } from '../../../shared/feed/kinds.ts';
import { wardsOfProvince } from '../../../shared/gazetteer.ts';
import { isTraceId } from '../../../shared/ids.ts';
import { type Opening, readAdmittedOpening } from '../../../shared/signed/opening.ts';
import { federationKeyOf } from '../../../shared/signed/opening-shape.ts';
import { PEOPLE_MOVED } from '../../records/kinds.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { indexOf, verifyDeliveryWarrant } from '../asking/admission.ts';
import type { TracingCtx } from '../asking/operations.ts';
import { CONTACT_ASSIGNED, CONTACTS_AN_EVENT, CONTACTS_DELIVERED } from '../kinds.ts';
import {
  type Completeness,
  findCompleteness,
  type TraceStatus,
  type TracesCtx,
} from '../openings/operations.ts';
import { read } from './acts.ts';
import {
  type Delivery,
  deleteContacts,
  type LocalContact,
  listAssigned,
  listStanding,
  lockApplied,
  lockFiling,
  markApplied,
  refileContacts,
  shareFiling,
  upsertContacts,
} from './deliveries-queries.ts';
import { withPersons } from './persons.ts';
import * as queries from './queries.ts';
import { type Contact, type ContactPlace, placeOf } from './rules.ts';

export type { AssignedContact, DeliveredContact, Delivery } from './deliveries-queries.ts';

/** Contacts, or whoever else has identifiers, with what this province knows of the persons. */
export const readPersons = withPersons;

export interface ContactsCtx extends TracesCtx {
  readonly dataKeys: SealerSource;
}

/** Contacts, and what goes with them wherever they go: how whole their trace was, when and for whom. */
export interface ShownContacts {
  readonly contacts: readonly Contact[];
  readonly heading: ContactsHeading;
}

export interface ContactsHeading extends Completeness {
  /** Epoch seconds. */
  readonly at: number;
  readonly by: string;
}

/** What of a trace's contacts is asked for; the province's own code as ward: those of no ward. */
type ContactsRequest = Omit<queries.ContactsPage, 'ward'> & {
  readonly ward?: string | undefined;
  readonly act?: 'contacts.list' | 'contacts.export';
  /** The trace, where the caller was shown it a moment ago. */
  readonly seen?: TraceStatus | undefined;
};

/**
 * This province's contacts of a trace in the caller's area, F1 first, those exposed last before others:
 * `limit` of them, and one more if there are more. Throws NOT_FOUND NO_SUCH_TRACE as `readTrace` does.
 */
export function listContacts(
  ctx: ContactsCtx,
  caller: Caller,
  { act = 'contacts.list', seen, ...request }: ContactsRequest,
): Promise<ShownContacts> {
  const { traceId, limit, ward } = request;
  const page = { ...request, ward: ward === ctx.province ? null : ward, limit: limit + 1 };
  const asked = { on: [{ trace: traceId }], detail: { ward: ward ?? null } };
  return read(ctx, caller, act, asked, async (leave) => {
    const found = await queries.listContacts(ctx.db, page, leave.scope);
    const completeness = await findCompleteness(ctx, leave, { id: traceId, seen });
    const shown = found.slice(0, limit);
    leave.note({ count: shown.length });
    leave.on(...shown.map(({ id }) => ({ contact: id })));
    return {
      contacts: await withPersons(ctx, found, leave.scope),
      heading: { ...completeness, at: nowSeconds(ctx.clock), by: caller.subject },
    };
  });
}

/** Deletes all contacts of a trace; how many. */
export const eraseContacts = deleteContacts;

/** Grows whenever this province's contacts of a trace change. */
export function contactsVersion(ctx: Pick<ContactsCtx, 'db'>, traceId: string): Promise<number> {
  return queries.findDelivery(ctx.db, traceId);
}

const EXPORT = 'contacts.export';
const PAGE_ROWS = 1_000;

export interface ExportRequest {
  readonly traceId: string;
  readonly ward?: string | undefined;
}

/**
 * This province's contacts of a trace in the caller's area, in the order of the list, in pages of up to
 * 1,000; the first one may be empty. A page goes out only after the entry that names it is in the log.
 * Throws NOT_FOUND NO_SUCH_TRACE as `readTrace` does, and at any page what `decide` throws: a token may end
 * on the way.
 */
export async function* exportContacts(
  ctx: ContactsCtx,
  caller: Caller,
  request: ExportRequest,
): AsyncGenerator<ShownContacts, void> {
  for (let after: ContactPlace | undefined; ; ) {
    const found = await listContacts(ctx, caller, { ...request, after, limit: PAGE_ROWS, act: EXPORT });
    const contacts = found.contacts.slice(0, PAGE_ROWS);
    yield { ...found, contacts };
    if (found.contacts.length <= PAGE_ROWS) return;
    const last = contacts.at(-1);
    after = last && placeOf(last);
  }
}

/**
 * Applies a delivery if it is the next of its trace; returns the highest one applied, which is lower than
 * `seq` if one before it is missing. On the record, as is a refusal. Throws as `verifyDeliveryWarrant`, and
 * PERMISSION_DENIED WARRANT_MISMATCH for another trace's warrant.
 */
export function applyDelivery(ctx: TracingCtx, delivery: Delivery): Promise<number> {
  const { traceId, seq, contacts } = delivery;
  const on = traceSubject(isTraceId(traceId) ? traceId : undefined);
  const detail = { seq, contacts: contacts.length };
  const attempt = { action: 'delivery.refused', actor: HUB_ACTOR, on, detail } as const;
  return ctx.refusals.recording(applyVerified(ctx, delivery), () => attempt);
}

async function applyVerified(ctx: TracingCtx, delivery: Delivery): Promise<number> {
  const { traceId: trace, seq } = delivery;
  const opening = await verifyDeliveryWarrant(ctx, delivery.warrant);
  if (opening.trace_id !== trace) {
    throw new AppError('PERMISSION_DENIED', 'WARRANT_MISMATCH', 'warrant: names another trace');
  }
  const contacts = localContacts(ctx, opening, delivery);
  const withdrawn = contacts.filter((contact) => contact.withdrawn).length;
  const detail = { seq, contacts: contacts.length - withdrawn, withdrawn, province: opening.province };
  const entry = { action: 'delivery.applied', actor: HUB_ACTOR, outcome: 'done', detail } as const;
  return withTransaction(ctx.db, async (tx) => {
    const applied = await lockApplied(tx, trace);
    if (seq !== applied + 1) return applied;
    await shareFiling(tx);
    await upsertContacts(tx, { delivery, contacts, wards: wardsOfProvince(ctx.province) });
    await markApplied(tx, delivery);
    await tx.emit(CONTACTS_DELIVERED, trace);
    await tellContacts(
      tx,
      opening,
      contacts.map(({ id }) => id),
    );
    await recordAudit(tx, { ...entry, on: [{ trace }] }, nowSeconds(ctx.clock));
    return seq;
  });
}

/** Tells that these contacts of a trace are to be looked at. */
async function tellContacts(
  tx: Pick<Transaction, 'emit'>,
  { trace_id: trace, direction }: Pick<Opening, 'trace_id' | 'direction'>,
  ids: readonly string[],
): Promise<void> {
  for (let from = 0; from < ids.length; from += CONTACTS_AN_EVENT)
    await tx.emit(CONTACT_ASSIGNED, {
      trace,
      direction,
      contacts: ids.slice(from, from + CONTACTS_AN_EVENT),
    });
}

/** Contacts of a trace as they are now, withdrawn ones too; those that were erased are left out. */
export const readAssigned = listAssigned;

/** Tells of every standing contact anew: for a reader that has not read of them. */
export async function tellAllContacts(tx: Transaction): Promise<void> {
  for (const { traceId, opening, ids } of await listStanding(tx))
    await tellContacts(tx, { trace_id: traceId, direction: directionOf(opening) }, ids);
}

function directionOf(opening: string): Opening['direction'] {
  try {
    return readAdmittedOpening(opening).direction;
  } catch {
    return 'forward';
  }
}

function localContacts(ctx: TracingCtx, opening: Opening, { contacts }: Delivery): LocalContact[] {
  const cipher = ctx.cipherOf(opening.trace_id, federationKeyOf(opening));
  const ids = indexOf(ctx, opening).idsOf(cipher.tokensOf(Buffer.concat(contacts.map((c) => c.pseudonyms))));
  let at = 0;
  return contacts.map(({ pseudonyms, ...contact }) => {
    const until = at + pseudonyms.length / 16;
    const identifierIds = [...ids.subarray(at, until)].filter((id) => id >= 0);
    at = until;
    return { ...contact, identifierIds };
  });
}

/**
 * Moves contacts from desk to desk when a person's ward is corrected or becomes known. Who had them does not
 * see them any more.
 */
export function startRefiling(feed: Feed, province: string): FeedActor {
  const wards = wardsOfProvince(province);
  return new FeedActor(feed, {
    name: 'contacts.wards',
    kinds: [PEOPLE_MOVED],
    act: async (tx, events) => {
      await lockFiling(tx);
      const moved = events.flatMap((event) => bodyOf(event, PEOPLE_MOVED) ?? []);
      await refileContacts(tx, { moved: [...new Set(moved)], wards });
    },
    actOnAll: async (tx) => {
      await lockFiling(tx);
      await refileContacts(tx, { moved: 'all', wards });
    },
  });
}
