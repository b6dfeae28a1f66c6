/**
 * Who is responsible for which contact of one trace, and what each province has still to be told. The memory
 * is the trace's deliveries; this is their fold.
 */
import {
  type AssignedContact,
  claimKey,
  planAssignments,
  type Wishes,
} from '../../shared/trace/assignment.ts';
import type { KeyTable } from '../../shared/trace/key-table.ts';
import type { TraceView } from '../../shared/trace/trace-state.ts';
import { CONTACTS_PER_DELIVERY, type DeliveredChanges, decodeDelivery, encodeDelivery } from './messages.ts';
import type { DeliveryRow, LoggedBody } from './queries.ts';

/** One stored message to one province. */
export interface Delivery extends LoggedBody {
  readonly province: string;
}

export class Assignments {
  readonly #traceId: string;
  readonly #owned = new Map<number, AssignedContact>();
  readonly #claimed = new Map<number, AssignedContact>();
  #counts: ContactCounts | undefined;
  readonly #lastSeq = new Map<string, number>();

  constructor(traceId: string) {
    this.#traceId = traceId;
  }

  /**
   * What stored deliveries have assigned, given those of each province in order. Provinces are folded one by
   * one: a contact that went from one to another was withdrawn here and assigned there, and which came first
   * in time is not to be seen from their numbers.
   */
  static restore(
    traceId: string,
    deliveries: readonly Pick<DeliveryRow, 'province' | 'seq' | 'body'>[],
    number: (pseudonyms: Uint8Array) => Int32Array,
  ): Assignments {
    const restored = new Assignments(traceId);
    const held = new Map<string, AssignedContact>();
    for (const { province, seq, body } of deliveries) {
      restored.#lastSeq.set(province, seq);
      const { assigned, withdrawn } = decodeDelivery(body, Number(province), number);
      for (const id of withdrawn) held.delete(`${province} ${id}`);
      for (const contact of assigned) held.set(`${province} ${contact.id}`, contact);
    }
    for (const contact of held.values()) restored.#hold(contact);
    return restored;
  }

  /** Deliveries that make the provinces hold the contacts of `view`; they count as made. */
  plan(view: TraceView, wishes?: Wishes): Delivery[] {
    const held = { owned: this.#owned, claimed: this.#claimed };
    const { assigned, withdrawn } = planAssignments(view, held, wishes);
    this.#counts = undefined;
    for (const { id, province } of withdrawn) {
      this.#claimed.delete(claimKey({ id, province }));
      if (this.#owned.get(id)?.province === province) this.#owned.delete(id);
    }
    for (const contact of assigned) this.#hold(contact);
    const byProvince = new Map<number, { assigned: AssignedContact[]; withdrawn: AssignedContact[] }>();
    const changesAt = (province: number) => {
      const changes = byProvince.get(province) ?? { assigned: [], withdrawn: [] };
      byProvince.set(province, changes);
      return changes;
    };
    for (const contact of assigned) changesAt(contact.province).assigned.push(contact);
    for (const contact of withdrawn) changesAt(contact.province).withdrawn.push(contact);
    const { keys } = view.evidence;
    return [...byProvince].flatMap(([province, changes]) => this.#deliveriesTo(province, changes, keys));
  }

  #hold(contact: AssignedContact): void {
    if (contact.alsoClaimed) this.#claimed.set(claimKey(contact), contact);
    else {
      this.#claimed.delete(claimKey(contact));
      this.#owned.set(contact.id, contact);
    }
  }

  /** How a province stands to a contact of which it was told. */
  standingOf(id: number, province: number): 'owner' | 'claimant' | undefined {
    if (this.#owned.get(id)?.province === province) return 'owner';
    return this.#claimed.has(claimKey({ id, province })) ? 'claimant' : undefined;
  }

  /** Codes of the provinces that are told of contacts which others are responsible for, ascending. */
  claimants(): string[] {
    return [...new Set([...this.#claimed.values()].map(({ province }) => provinceCode(province)))].sort();
  }

  /** Contacts by degree, and by code of the responsible province. */
  counts(): ContactCounts {
    this.#counts ??= countContacts(this.#owned.values());
    return this.#counts;
  }

  /** Whether the province holds contacts of this trace. */
  holdsContacts(province: string): boolean {
    return this.counts().byProvince.has(province);
  }

  #deliveriesTo(province: number, { assigned, withdrawn }: DeliveredChanges, keys: KeyTable): Delivery[] {
    const code = provinceCode(province);
    const deliveries: Delivery[] = [];
    const parts = Math.max(1, Math.ceil(Math.max(assigned.length, withdrawn.length) / CONTACTS_PER_DELIVERY));
    for (let part = 0; part < parts; part++) {
      const [from, until] = [part * CONTACTS_PER_DELIVERY, (part + 1) * CONTACTS_PER_DELIVERY];
      const seq = (this.#lastSeq.get(code) ?? 0) + 1;
      this.#lastSeq.set(code, seq);
      const changes = { assigned: assigned.slice(from, until), withdrawn: withdrawn.slice(from, until) };
      deliveries.push({
        province: code,
        seq,
        body: encodeDelivery({ traceId: this.#traceId, seq, keys }, changes),
      });
    }
    return deliveries;
  }
}

export interface ContactCounts {
  readonly byDegree: ReadonlyMap<number, number>;
  readonly byProvince: ReadonlyMap<string, number>;
}

function countContacts(contacts: Iterable<AssignedContact>): ContactCounts {
  const byDegree = new Map<number, number>();
  const byProvince = new Map<string, number>();
  for (const { degree, province } of contacts) {
    const code = provinceCode(province);
    byDegree.set(degree, (byDegree.get(degree) ?? 0) + 1);
    byProvince.set(code, (byProvince.get(code) ?? 0) + 1);
  }
  return { byDegree, byProvince };
}

/** The two-digit code of a province's number. */
export function provinceCode(number: number): string {
  return String(number).padStart(2, '0');
}
