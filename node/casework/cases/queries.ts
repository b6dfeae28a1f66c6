/**
 * The tables `cases` and `case_identifiers`, and the identifiers that cases bring in.
 */
import { and, desc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import { alias, type PgColumn } from 'drizzle-orm/pg-core';
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { isBehind } from '../../../shared/db/keyset.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import type { CaseFacts } from './rules.ts';
import { caseIdentifiers, cases } from './tables.ts';

/** What a case says besides its identifiers. */
export type CaseDates = Omit<CaseFacts, 'identifiers'>;

/** A stored case; instants in epoch seconds. Its version grows with each correction. */
export interface StoredCase extends Readonly<typeof cases.$inferSelect> {
  /** Local ids, in their order. */
  readonly identifierIds: readonly number[];
}

/** Place in the list of cases: newest first. */
export interface CaseCursor {
  readonly createdAt: number;
  readonly id: string;
}

const COLUMNS = {
  ...getTableColumns(cases),
  identifierIds: sql<number[]>`
    ARRAY(SELECT identifier_id FROM case_identifiers WHERE case_id = cases.id ORDER BY position)`,
};

/** A new case without its identifiers. */
export async function insertCase({ orm }: Queryable, id: string, facts: CaseDates): Promise<void> {
  await orm.insert(cases).values({ ...datesOf(facts), id });
}

/** Puts `identifierIds`, one at least, in place of the case's identifiers. */
export async function replaceCaseIdentifiers(
  { orm }: Queryable,
  caseId: string,
  identifierIds: readonly number[],
): Promise<void> {
  await orm.delete(caseIdentifiers).where(eq(caseIdentifiers.caseId, caseId));
  const rows = identifierIds.map((identifierId, position) => ({ caseId, position, identifierId }));
  await orm.insert(caseIdentifiers).values(rows);
}

/** Writes what a correction has changed. */
export async function updateCase(
  { orm }: Queryable,
  id: string,
  { withdrawn, ...facts }: CaseDates & { withdrawn: boolean },
): Promise<void> {
  const { version, withdrawnAt } = cases;
  await orm
    .update(cases)
    .set({
      ...datesOf(facts),
      changedAt: sql`now()`,
      version: sql`${version} + 1`,
      withdrawnAt: withdrawn ? sql`coalesce(${withdrawnAt}, now())` : null,
    })
    .where(eq(cases.id, id));
}

/** Waits for other corrections of the case; false if there is no such case in scope. */
export async function lockCase({ orm }: Queryable, id: string, scope: Scope): Promise<boolean> {
  const { id: key } = cases;
  const rows = await orm.select({ key }).from(cases).where(ofIdIn(id, scope)).for('update');
  return rows.length > 0;
}

/** A case, undefined if there is none in scope. */
export async function findCase(
  { orm }: Queryable,
  id: string,
  scope: Scope,
): Promise<StoredCase | undefined> {
  const [row] = await orm.select(COLUMNS).from(cases).where(ofIdIn(id, scope));
  return row;
}

export interface CasesPage {
  readonly limit: number;
  readonly after?: CaseCursor | undefined;
}

/** At most `limit` cases in scope after `after`, newest first, withdrawn ones too. */
export function listCases({ orm }: Queryable, page: CasesPage, scope: Scope): Promise<StoredCase[]> {
  return orm
    .select(COLUMNS)
    .from(cases)
    .where(scope === 'whole' ? isOlder(cases, page) : ofWards(scope, page))
    .orderBy(desc(cases.createdAt), desc(cases.id))
    .limit(page.limit);
}

/**
 * By hand: the newest of each ward are merged. With one condition for all wards PostgreSQL sorts all cases
 * that they ever had (100,000 cases: list-plans.test.ts counts the rows).
 */
function ofWards(wards: Exclude<Scope, 'whole'>, page: CasesPage): SQL {
  return sql`${cases.id} IN (
    SELECT newest.id FROM unnest(${sql.param([...wards])}::text[]) w (ward) CROSS JOIN LATERAL (
      SELECT id, created_at FROM cases c WHERE c.ward = w.ward AND ${isOlder(alias(cases, 'c'), page)}
      ORDER BY created_at DESC, id DESC LIMIT ${page.limit}
    ) newest ORDER BY created_at DESC, id DESC LIMIT ${page.limit})`;
}

function isOlder({ createdAt, id }: Record<'createdAt' | 'id', PgColumn>, { after }: CasesPage): SQL {
  return after ? isBehind([createdAt, id], [after.createdAt, after.id]) : sql`true`;
}

function ofIdIn(id: string, scope: Scope) {
  return and(eq(cases.id, id), withinWards(cases.ward, scope));
}

function datesOf({ onsetOn, sampledAt, isolatedAt, ward }: CaseDates): CaseDates {
  return { onsetOn, sampledAt, isolatedAt, ward };
}
