/**
 * Whom a change of standing records concerns: who is told, and who moved. A record that waits or was
 * withdrawn says nothing.
 */
import * as queries from './queries.ts';
import { listHousemates, type StoredRecord, type StoredValue } from './record-queries.ts';

export interface ChangedRecords {
  /** Identifiers whose links, residence, household or existence changed. */
  readonly changed: readonly number[];
  /** Identifiers, known before, whose holder may be of another ward now. */
  readonly moved: readonly number[];
}

export const UNCHANGED: ChangedRecords = { changed: [], moved: [] };

/** The record, if it stands. */
export function standing<R extends StoredValue & Pick<StoredRecord, 'waitsFor'>>(record: R | undefined) {
  return record?.waitsFor === null ? record : undefined;
}

/** Whom a change of records concerns. */
export class Told {
  readonly #changed = new Set<number>();
  readonly #moved = new Set<number>();
  readonly #homes = new Set<number>();

  /** `before` was replaced by `after`; undefined = nothing stood there, or nothing does. */
  of(before: StoredValue | undefined, after: StoredValue | undefined): void {
    const named = [...new Set([...(before?.identifierIds ?? []), ...(after?.identifierIds ?? [])])];
    if (meaningOf(before) !== meaningOf(after)) for (const id of named) this.#changed.add(id);
    if (homeOf(before) !== homeOf(after)) {
      for (const one of [before, after])
        if (one && one.householdId !== null) this.#homes.add(one.householdId);
    }
    const wards = [before?.ward ?? null, after?.ward ?? null];
    const renamed = idsOf(before) !== idsOf(after);
    if (wards[0] !== wards[1] || (renamed && wards[0] !== null)) for (const id of named) this.#moved.add(id);
  }

  /**
   * Who is told. Those who live in a household that somebody joined or left are listed after everybody else
   * who changes who lives there: of two at the same time the later must see whom the earlier has moved.
   */
  async close(tx: queries.IntakeTx, created: readonly number[]): Promise<ChangedRecords> {
    const homes = [...this.#homes];
    if (homes.length > 0) {
      await queries.lockHouseholds(tx, homes);
      for (const id of await listHousemates(tx, homes)) this.#changed.add(id);
    }
    for (const id of created) this.#changed.add(id);
    const isNew = new Set(created);
    return { changed: [...this.#changed], moved: [...this.#moved].filter((id) => !isNew.has(id)) };
  }
}

/** What of a record a trace can tell from another; empty if it can tell nothing. */
function meaningOf(record: StoredValue | undefined): string {
  if (record === undefined) return '';
  const { identifierIds, province, birth } = record;
  if (identifierIds.length === 1 && province === null) return homeOf(record);
  const comparable = birth && `${birth.year} ${birth.sex}`;
  return `${idsOf(record)} ${province} ${comparable} ${homeOf(record)}`;
}

function homeOf(record: StoredValue | undefined): string {
  return record === undefined || record.householdId === null
    ? ''
    : `${record.householdId} ${record.principalId}`;
}

function idsOf(record: StoredValue | undefined): string {
  return record === undefined ? '' : [...record.identifierIds].sort((a, b) => a - b).join();
}
