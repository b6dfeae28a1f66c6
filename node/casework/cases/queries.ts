/**
 * The tables `cases` and `case_identifiers`, and the identifiers that cases bring in.
 */
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import type { CaseFacts } from './rules.ts';

/** What a case says besides its identifiers. */
export type CaseDates = Omit<CaseFacts, 'identifiers'>;

/** A stored case; instants in epoch seconds. */
export interface StoredCase extends CaseDates {
  readonly id: string;
  /** Local ids, in their order. */
  readonly identifierIds: readonly number[];
  readonly createdAt: number;
  readonly changedAt: number;
  readonly withdrawnAt: number | null;
  /** Grows with each correction. */
  readonly version: number;
}

interface CaseRow {
  id: string;
  identifier_ids: number[];
  onset_on: string | null;
  sampled_at: number | null;
  isolated_at: number | null;
  created_at: number;
  changed_at: number;
  withdrawn_at: number | null;
  version: number;
  ward: string | null;
}

/** Place in the list of cases: newest first. */
export interface CaseCursor {
  readonly createdAt: number;
  readonly id: string;
}

/** A new case without its identifiers. */
export async function insertCase(tx: Transaction, id: string, facts: CaseDates): Promise<void> {
  await tx.sql`
    INSERT INTO cases (id, onset_on, sampled_at, isolated_at, ward)
    VALUES (${id}, ${facts.onsetOn},
      to_timestamp(${facts.sampledAt}::bigint), to_timestamp(${facts.isolatedAt}::bigint), ${facts.ward})`;
}

/** Puts `identifierIds` in place of the case's identifiers. */
export async function replaceCaseIdentifiers(tx: Transaction, id: string, identifierIds: readonly number[]) {
  await tx.sql`DELETE FROM case_identifiers WHERE case_id = ${id}`;
  await tx.sql`
    INSERT INTO case_identifiers (case_id, position, identifier_id)
    SELECT ${id}, position - 1, identifier_id
    FROM unnest(${[...identifierIds]}::int[]) WITH ORDINALITY AS given (identifier_id, position)`;
}

/** Writes what a correction has changed. */
export async function updateCase(tx: Transaction, id: string, facts: CaseDates & { withdrawn: boolean }) {
  await tx.sql`
    UPDATE cases SET
      onset_on = ${facts.onsetOn},
      sampled_at = to_timestamp(${facts.sampledAt}::bigint),
      isolated_at = to_timestamp(${facts.isolatedAt}::bigint),
      ward = ${facts.ward},
      changed_at = now(),
      version = version + 1,
      withdrawn_at = CASE WHEN ${facts.withdrawn} THEN coalesce(withdrawn_at, now()) END
    WHERE id = ${id}`;
}

/** Waits for other corrections of the case; false if there is no such case in scope. */
export async function lockCase(tx: Transaction, id: string, scope: Scope): Promise<boolean> {
  const rows = await tx.sql`SELECT FROM cases WHERE id = ${id} ${withinWards(tx, scope)} FOR UPDATE`;
  return rows.length > 0;
}

/** A case, undefined if there is none in scope. */
export async function findCase(db: Queryable, id: string, scope: Scope): Promise<StoredCase | undefined> {
  const rows = await db.sql<CaseRow[]>`${selectCases(db)} WHERE cases.id = ${id} ${withinWards(db, scope)}`;
  return rows.map(fromRow)[0];
}

export interface CasesPage {
  readonly limit: number;
  readonly after?: CaseCursor | undefined;
}

/**
 * At most `limit` cases in scope after `after`, newest first, withdrawn ones too. Of wards, the newest of
 * each are merged: with one condition for all of them PostgreSQL sorts all cases that they ever had.
 */
export async function listCases(
  db: Queryable,
  { limit, after }: CasesPage,
  scope: Scope,
): Promise<StoredCase[]> {
  const { sql } = db;
  const older = after
    ? sql`(created_at, id) < (to_timestamp(${after.createdAt}::bigint), ${after.id}::uuid)`
    : sql`true`;
  const ofWards = (wards: Exclude<Scope, 'whole'>) => sql`
    WHERE cases.id IN (
      SELECT newest.id FROM unnest(${[...wards]}::text[]) w (ward) CROSS JOIN LATERAL (
        SELECT id, created_at FROM cases c WHERE c.ward = w.ward AND ${older}
        ORDER BY created_at DESC, id DESC LIMIT ${limit}
      ) newest ORDER BY created_at DESC, id DESC LIMIT ${limit})`;
  const rows = await db.sql<CaseRow[]>`
    ${selectCases(db)} ${scope === 'whole' ? sql`WHERE ${older}` : ofWards(scope)}
    ORDER BY cases.created_at DESC, cases.id DESC LIMIT ${limit}`;
  return rows.map(fromRow);
}

function selectCases({ sql }: Queryable) {
  return sql`
    SELECT cases.id, ward, version, to_char(onset_on, 'YYYY-MM-DD') AS onset_on,
      extract(epoch FROM sampled_at)::bigint AS sampled_at,
      extract(epoch FROM isolated_at)::bigint AS isolated_at,
      extract(epoch FROM created_at)::bigint AS created_at,
      extract(epoch FROM changed_at)::bigint AS changed_at,
      extract(epoch FROM withdrawn_at)::bigint AS withdrawn_at,
      ARRAY(SELECT identifier_id FROM case_identifiers
            WHERE case_id = cases.id ORDER BY position) AS identifier_ids
    FROM cases`;
}

function fromRow(row: CaseRow): StoredCase {
  return {
    id: row.id,
    identifierIds: row.identifier_ids,
    onsetOn: row.onset_on,
    sampledAt: row.sampled_at,
    isolatedAt: row.isolated_at,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    withdrawnAt: row.withdrawn_at,
    version: row.version,
    ward: row.ward,
  };
}
