/**
 * What one trace has to tell the provinces of their contacts: planned from the fold, stored, then handed out.
 * The stored deliveries are the truth; who sends them, and until when, is the sessions' business.
 */
import type { Database } from '../../shared/db/database.ts';
import type { TraceState, TraceView } from '../../shared/trace/trace-state.ts';
import { Assignments, type Delivery } from './assignments.ts';
import { type DeliveryRow, insertDeliveries, listDeliveries } from './queries.ts';
import { listTakenOver } from './taken-over-queries.ts';

export interface OutboxOptions {
  readonly traceId: string;
  readonly db: Database;
  /** Numbers packed pseudonyms as the fold does. */
  number(pseudonyms: Uint8Array): Int32Array;
  /** Called with what is planned from: a view is costly, and others look at it too. */
  onView?(view: TraceView): void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #assignments: Assignments;
  /** Planned, not stored yet. */
  #planned: Delivery[] = [];
  /** Revision of the fold whose contacts the provinces hold, or are about to. */
  #plannedFor: number | undefined;
  readonly #takenOver = new Map<number, number>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#assignments = new Assignments(options.traceId);
  }

  /** Takes assignments as the stored deliveries have them; returns those that nobody has acknowledged. */
  async restore(): Promise<Delivery[]> {
    const deliveries = await this.#list();
    const { traceId, number } = this.#options;
    this.#assignments = Assignments.restore(traceId, deliveries, number);
    this.#planned = [];
    this.#plannedFor = undefined;
    for (const { contactId, province } of await listTakenOver(this.#options.db, traceId))
      this.#takenOver.set(this.#numberOf(contactId), Number(province));
    return deliveries.filter(({ acknowledged }) => !acknowledged);
  }

  /**
   * Deliveries, stored, that make the provinces hold the contacts of the view. If there are others under
   * their numbers (an attempt whose outcome nobody heard, the last words of a hub that was killed), those
   * count, and are planned from.
   */
  async next(state: Pick<TraceState, 'revision' | 'view' | 'answersInLinks'>): Promise<Delivery[]> {
    const { db, traceId } = this.#options;
    const { revision } = state;
    if (revision === this.#plannedFor) return [];
    const view = state.view();
    this.#options.onView?.(view);
    const hearsClaims = remembered((province) => !state.answersInLinks(province));
    const wishes = { takenOver: this.#takenOver, hearsClaims };
    this.#planned.push(...this.#assignments.plan(view, wishes));
    if (this.#planned.length > 0 && !(await insertDeliveries(db, traceId, this.#planned))) {
      const unheard = await this.restore();
      return [...unheard, ...(await this.next(state))];
    }
    this.#plannedFor = revision;
    return this.#planned.splice(0);
  }

  /** Everything that the province has been told, in order. */
  async of(province: string): Promise<Delivery[]> {
    return (await this.#list()).filter((delivery) => delivery.province === province);
  }

  /** How a province stands to a contact of which it was told. */
  standingOf(contactId: string, province: string): 'owner' | 'claimant' | undefined {
    return this.#assignments.standingOf(this.#numberOf(contactId), Number(province));
  }

  /** From the next plan on the province is responsible for the contact, if it claims it still. */
  moveContact(contactId: string, province: string): void {
    this.#takenOver.set(this.#numberOf(contactId), Number(province));
    this.#plannedFor = undefined;
  }

  /** Codes of the provinces that also claim contacts. */
  claimants(): string[] {
    return this.#assignments.claimants();
  }

  #numberOf(contactId: string): number {
    return this.#options.number(Buffer.from(contactId, 'hex'))[0] as number;
  }

  /** Contacts by degree, and by code of the responsible province. */
  counts(): ReturnType<Assignments['counts']> {
    return this.#assignments.counts();
  }

  /** Whether the province holds contacts of this trace. */
  holdsContacts(province: string): boolean {
    return this.#assignments.holdsContacts(province);
  }

  #list(): Promise<DeliveryRow[]> {
    return listDeliveries(this.#options.db, this.#options.traceId);
  }
}

function remembered(compute: (province: number) => boolean): (province: number) => boolean {
  const known = new Map<number, boolean>();
  return (province) => {
    const value = known.get(province) ?? compute(province);
    known.set(province, value);
    return value;
  };
}
