/**
 * Files contacts to people: the one reader of the feed's `contact.assigned`. A contact joins its person's
 * follow-up, or opens one; what has changed is planned anew, in the same transaction. It acts on how contacts
 * are now, so that what comes twice, or late, changes nothing.
 */
import { nowSeconds } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/database.ts';
import { drawIds } from '../../../shared/db/draw-ids.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { FeedActor } from '../../../shared/feed/actor.ts';
import type { Feed } from '../../../shared/feed/feed.ts';
import { bodyOf } from '../../../shared/feed/kinds.ts';
import { wardsOfProvince } from '../../../shared/gazetteer.ts';
import { newId } from '../../../shared/ids.ts';
import { RULES_RECEIVED } from '../../federation/kinds.ts';
import { PEOPLE_MOVED } from '../../records/kinds.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { holdSealer } from '../../sealing/operations.ts';
import { type AssignedContact, readAssigned, tellAllContacts } from '../../tracing/contacts/operations.ts';
import { type AssignedContacts, CONTACT_ASSIGNED } from '../../tracing/kinds.ts';
import * as queries from './filing-queries.ts';
import { CLOSED_FROM, LATE_SECONDS, STATE_NUMBERS } from './machines.ts';
import { refileTasks } from './queries.ts';
import { REASONS } from './rules.ts';
import type { ExposureRow, FollowUpRow, SettlingFacts, Work } from './settling.ts';
import { exposureKey, readWorks, writeSettled } from './works.ts';

export interface FilingCtx {
  readonly dataKeys: SealerSource;
  readonly province: string;
  readonly rules: { packs(): readonly RulePack[]; pack(number: number): RulePack | undefined };
}

/** Events, of a thousand contacts at most, in one transaction. */
const EVENTS = 2;

/** The reader, at work already. */
export function startFiling(feed: Feed, ctx: FilingCtx): FeedActor {
  const { clock } = feed.options;
  return new FeedActor(feed, {
    name: 'follow-ups.filing',
    kinds: [CONTACT_ASSIGNED, RULES_RECEIVED, PEOPLE_MOVED],
    limit: EVENTS,
    act: async (tx, events) => {
      for (const event of events) {
        const number = bodyOf(event, RULES_RECEIVED);
        if (number !== undefined && isFirst(ctx, number)) await tellAllContacts(tx);
        const moved = bodyOf(event, PEOPLE_MOVED);
        if (moved) await refile(tx, ctx, { moved, now: nowSeconds(clock) });
        const assigned = bodyOf(event, CONTACT_ASSIGNED);
        const packs = packsThatPlan(ctx);
        if (assigned === undefined || packs.length === 0) continue;
        await fileContacts(tx, ctx, assigned, { packs: ctx.rules.packs(), ...ctx, now: nowSeconds(clock) });
      }
    },
    actOnAll: async (tx) => {
      if (packsThatPlan(ctx).length > 0) await tellAllContacts(tx);
    },
  });
}

/** Without any, contacts are listed and nobody is followed up: as before there were such packs. */
function packsThatPlan({ rules, province }: FilingCtx): RulePack[] {
  return rules
    .packs()
    .filter(({ follow_up, only_in }) => follow_up !== undefined && only_in?.includes(province) !== false);
}

/** Whether it is the first pack that plans anything here. */
function isFirst(ctx: FilingCtx, number: number): boolean {
  const plan = packsThatPlan(ctx);
  return plan.length === 1 && plan[0]?.number === number;
}

/** A record says of somebody that they live elsewhere: their work moves to the desk there. */
async function refile(
  tx: Transaction,
  { province }: FilingCtx,
  { moved, now }: { readonly moved: readonly number[]; readonly now: number },
): Promise<void> {
  await queries.lockFollowUpFiling(tx);
  const refiled = await queries.refileMoved(tx, moved, wardsOfProvince(province));
  if (refiled.length > 0) await refileTasks(tx, refiled, now + LATE_SECONDS);
}

/** Files contacts of a trace as they are now. */
async function fileContacts(
  tx: Transaction,
  { dataKeys }: FilingCtx,
  { trace, direction, contacts: ids }: AssignedContacts,
  facts: SettlingFacts,
): Promise<void> {
  await queries.lockFollowUpFiling(tx);
  const { sealer } = await holdSealer(tx, dataKeys);
  const contacts = await readAssigned(tx, trace, ids);
  const desk = await Desk.open(tx, trace, contacts);
  const fresh = await drawIds(tx, 'follow_ups_id_seq', desk.missing(contacts));
  for (const contact of contacts) desk.file(contact, { direction, id: () => fresh.shift() as number, facts });
  await desk.write(tx, facts, sealer.generation);
}

interface Filing {
  readonly direction: 'forward' | 'backward';
  /** The id of a new one. */
  readonly id: () => number;
  readonly facts: SettlingFacts;
}

/** The follow-ups that contacts of one event can concern, in memory. */
class Desk {
  readonly #trace: string;
  readonly #works = new Map<number, Work>();
  readonly #byIdentifier = new Map<number, Set<number>>();
  readonly #byContact: Map<string, ExposureRow>;
  readonly #touched = new Set<number>();
  readonly #exposed: ExposureRow[] = [];
  readonly #named: { followUpId: number; identifierId: number }[] = [];

  private constructor(trace: string, filed: readonly ExposureRow[]) {
    this.#trace = trace;
    this.#byContact = new Map(filed.map((row) => [row.contactId, row]));
  }

  static async open(tx: Transaction, trace: string, contacts: readonly AssignedContact[]): Promise<Desk> {
    const filed = await queries.listByContacts(
      tx,
      trace,
      contacts.map(({ id }) => id),
    );
    const desk = new Desk(trace, filed);
    const named = await queries.listByIdentifiers(
      tx,
      contacts.flatMap(({ identifierIds }) => identifierIds),
    );
    const ids = [...new Set([...filed, ...named].map(({ followUpId }) => followUpId))];
    for (const work of await readWorks(tx, await queries.lockFollowUps(tx, ids)))
      desk.#works.set(work.row.id, work);
    for (const { identifierId, followUpId } of named) desk.#name(identifierId, followUpId);
    return desk;
  }

  /** At most so many contacts have no follow-up yet. */
  missing(contacts: readonly AssignedContact[]): number {
    return contacts.filter((contact) => !contact.isGone && this.#workOf(contact) === undefined).length;
  }

  file(contact: AssignedContact, { direction, id, facts }: Filing): void {
    const filed = this.#byContact.get(contact.id);
    if (contact.isGone && filed === undefined) return;
    const work = this.#workOf(contact) ?? this.#open(contact, id(), facts.now);
    const { ward, identifierIds, isGone, id: contactId, ...exposure } = contact;
    const withdrawnAt = isGone ? (filed?.withdrawnAt ?? facts.now) : null;
    const row = {
      ...exposure,
      direction,
      traceId: this.#trace,
      contactId,
      followUpId: work.row.id,
      withdrawnAt,
    };
    work.exposures.set(exposureKey(row), row);
    this.#exposed.push(row);
    if (!isGone) this.#take(work, ward, identifierIds);
    this.#touched.add(work.row.id);
  }

  /** That of the contact as it was filed; else the person's: one that is open before others, the oldest. */
  #workOf({ id, identifierIds }: AssignedContact): Work | undefined {
    const filed = this.#byContact.get(id);
    if (filed) return this.#works.get(filed.followUpId);
    const found = identifierIds.flatMap((one) => [...(this.#byIdentifier.get(one) ?? [])]);
    const works = [...new Set(found)].flatMap((one) => this.#works.get(one) ?? []);
    const isClosed = ({ row }: Work) => Number(row.state >= CLOSED_FROM);
    return works.sort((a, b) => isClosed(a) - isClosed(b) || a.row.id - b.row.id)[0];
  }

  #open({ ward, identifierIds }: AssignedContact, id: number, now: number): Work {
    const row = newFollowUp({ id, ward, identifierIds, now });
    const work: Work = { row, original: row, isNew: true, exposures: new Map(), tasks: [] };
    this.#works.set(id, work);
    return work;
  }

  /** What the contact says of who they are and where they live. */
  #take(work: Work, ward: string | null, identifierIds: readonly number[]): void {
    const known = new Set(work.row.identifierIds);
    const named = work.isNew ? identifierIds : identifierIds.filter((one) => !known.has(one));
    for (const identifierId of named) {
      this.#name(identifierId, work.row.id);
      this.#named.push({ followUpId: work.row.id, identifierId });
    }
    work.row = {
      ...work.row,
      identifierIds: [...new Set([...work.row.identifierIds, ...identifierIds])],
      ward: work.row.ward ?? ward,
    };
  }

  #name(identifierId: number, followUpId: number): void {
    const known = this.#byIdentifier.get(identifierId);
    if (known) known.add(followUpId);
    else this.#byIdentifier.set(identifierId, new Set([followUpId]));
  }

  async write(tx: Transaction, facts: SettlingFacts, keyGeneration: number): Promise<void> {
    const works = [...this.#touched].flatMap((id) => this.#works.get(id) ?? []);
    await writeSettled(tx, works, { facts, keyGeneration, named: this.#named, exposed: this.#exposed });
  }
}

/** A follow-up of which nothing is known but whose it is. */
export function newFollowUp({
  id,
  ward,
  identifierIds,
  now,
}: Pick<FollowUpRow, 'id' | 'ward' | 'identifierIds'> & { readonly now: number }): FollowUpRow {
  return {
    ...{ id, publicId: newId(), ward, wardByHand: false, identifierIds, version: 1 },
    ...{ reason: REASONS.indexOf('contact') + 1, state: STATE_NUMBERS.new, outcome: null, episode: 1 },
    ...{ beganAt: now, openedAt: now, closedAt: null, degree: null, firstExposedAt: null },
    ...{ lastExposedAt: null, plan: null, pack: null, priority: 3, day0: null, placePlanned: null },
    ...{ quarantineUntil: null, watchUntil: null, place: null, placeName: null, quarantinedAt: null },
    ...{ refused: false, nextReportOn: null, symptomaticSince: null, tracer: null },
    ...{ caseId: null, caseTrace: null, caseProvince: null },
  };
}
