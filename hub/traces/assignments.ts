/**
 * Who is responsible for which contact of one trace, and what each province has still to be told. The memory
 * is the trace's deliveries; this is their fold.
 */
import { type AssignedContact, planAssignments } from '../../shared/trace/assignment.ts';
import type { TraceView } from '../../shared/trace/trace-state.ts';
import type { DeliveryRow, LoggedBody } from './queries.ts';
import { CONTACTS_PER_DELIVERY, decodeDelivery, encodeDelivery } from './wire.ts';

/** One stored message to one province. */
export interface Delivery extends LoggedBody {
  readonly province: string;
}

export class Assignments {
  readonly #traceId: string;
  readonly #current = new Map<string, AssignedContact>();
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
  ): Assignments {
    const restored = new Assignments(traceId);
    const held = new Map<string, AssignedContact>();
    for (const { province, seq, body } of deliveries) {
      restored.#lastSeq.set(province, seq);
      const { assigned, withdrawn } = decodeDelivery(body, Number(province));
      for (const id of withdrawn) held.delete(`${province} ${id}`);
      for (const contact of assigned) held.set(`${province} ${contact.id}`, contact);
    }
    for (const contact of held.values()) restored.#current.set(contact.id, contact);
    return restored;
  }

  /** Deliveries that make the provinces hold the contacts of `view`; they count as made. */
  plan(view: TraceView): Delivery[] {
    const { assigned, withdrawn } = planAssignments(view, this.#current);
    for (const { id } of withdrawn) this.#current.delete(id);
    for (const contact of assigned) this.#current.set(contact.id, contact);
    const byProvince = new Map<number, { assigned: AssignedContact[]; withdrawn: AssignedContact[] }>();
    const changesAt = (province: number) => {
      const changes = byProvince.get(province) ?? { assigned: [], withdrawn: [] };
      byProvince.set(province, changes);
      return changes;
    };
    for (const contact of assigned) changesAt(contact.province).assigned.push(contact);
    for (const contact of withdrawn) changesAt(contact.province).withdrawn.push(contact);
    return [...byProvince].flatMap(([province, changes]) => this.#deliveriesTo(province, changes));
  }

  /** Contacts by degree, and by code of the responsible province. */
  counts(): { byDegree: Map<number, number>; byProvince: Map<string, number> } {
    const byDegree = new Map<number, number>();
    const byProvince = new Map<string, number>();
    for (const { degree, province } of this.#current.values()) {
      const code = provinceCode(province);
      byDegree.set(degree, (byDegree.get(degree) ?? 0) + 1);
      byProvince.set(code, (byProvince.get(code) ?? 0) + 1);
    }
    return { byDegree, byProvince };
  }

  /** Whether the province holds contacts of this trace. */
  holdsContacts(province: string): boolean {
    const code = Number(province);
    for (const contact of this.#current.values()) if (contact.province === code) return true;
    return false;
  }

  #deliveriesTo(
    province: number,
    { assigned, withdrawn }: { assigned: AssignedContact[]; withdrawn: AssignedContact[] },
  ): Delivery[] {
    const code = provinceCode(province);
    const deliveries: Delivery[] = [];
    const parts = Math.max(1, Math.ceil(Math.max(assigned.length, withdrawn.length) / CONTACTS_PER_DELIVERY));
    for (let part = 0; part < parts; part++) {
      const [from, until] = [part * CONTACTS_PER_DELIVERY, (part + 1) * CONTACTS_PER_DELIVERY];
      const seq = (this.#lastSeq.get(code) ?? 0) + 1;
      this.#lastSeq.set(code, seq);
      const changes = { assigned: assigned.slice(from, until), withdrawn: withdrawn.slice(from, until) };
      deliveries.push({ province: code, seq, body: encodeDelivery(this.#traceId, seq, changes) });
    }
    return deliveries;
  }
}

/** The two-digit code of a province's number. */
export function provinceCode(number: number): string {
  return String(number).padStart(2, '0');
}
