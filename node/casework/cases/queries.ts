/**
 * The tables `cases` and `case_identifiers`, and the identifiers that cases bring in.
 */
import { and, desc, eq, getTableColumns, inArray, isNull, ne, type SQL, sql } from 'drizzle-orm';
import { alias, type PgColumn } from 'drizzle-orm/pg-core';
import type { Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { isBehind } from '../../../shared/db/keyset.ts';
import { withinWards } from '../../../shared/db/ward-filter.ts';
import type { CaseFacts } from './rules.ts';
import { caseIdentifiers, cases, supersededCaseIdentifiers } from './tables.ts';

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

/** The identifiers of a new case, one at least. */
export async function insertCaseIdentifiers(
  { orm }: Queryable,
  caseId: string,
  identifierIds: readonly number[],
): Promise<void> {
  const rows = identifierIds.map((identifierId, position) => ({ caseId, position, identifierId }));
  await orm.insert(caseIdentifiers).values(rows);
}

/** Puts `identifierIds`, one at least, in place of those of a case; it keeps by whom the others were. */
export async function replaceCaseIdentifiers(
  tx: Queryable,
  { id: caseId, version, identifierIds: before }: Pick<StoredCase, 'id' | 'version' | 'identifierIds'>,
  { identifierIds, by }: { readonly identifierIds: readonly number[]; readonly by: string },
): Promise<void> {
  const gone = before.flatMap((identifierId, position) =>
    identifierIds.includes(identifierId) ? [] : { caseId, version, position, identifierId, supersededBy: by },
  );
  if (gone.length > 0) await tx.orm.insert(supersededCaseIdentifiers).values(gone);
  await tx.orm.delete(caseIdentifiers).where(eq(caseIdentifiers.caseId, caseId));
  await insertCaseIdentifiers(tx, caseId, identifierIds);
}

/** An identifier that a correction has replaced; when in epoch seconds. */
export interface SupersededIdentifier {
  readonly caseId: string;
  readonly identifierId: number;
  readonly at: number;
  readonly by: string;
}

/** What corrections have replaced in these cases, the latest first. */
export function listSuperseded(
  { orm }: Queryable,
  caseIds: readonly string[],
): Promise<SupersededIdentifier[]> {
  const { caseId, identifierId, supersededAt: at, supersededBy: by, version, position } = superseded;
  return orm
    .select({ caseId, identifierId, at, by })
    .from(superseded)
    .where(inArray(caseId, [...caseIds]))
    .orderBy(desc(version), position);
}

const superseded = supersededCaseIdentifiers;

/** At most `limit` other standing cases in scope that name one of these identifiers, the newest first. */
export async function listOtherCases(
  { orm }: Queryable,
  { id, identifierIds, limit }: { id: string; identifierIds: readonly number[]; limit: number },
  scope: Scope,
): Promise<string[]> {
  const naming = orm
    .select({ id: caseIdentifiers.caseId })
    .from(caseIdentifiers)
    .where(inArray(caseIdentifiers.identifierId, [...identifierIds]));
  const rows = await orm
    .select({ id: cases.id })
    .from(cases)
    .where(
      and(
        ne(cases.id, id),
        isNull(cases.withdrawnAt),
        withinWards(cases.ward, scope),
        inArray(cases.id, naming),
      ),
    )
    .orderBy(desc(cases.createdAt), desc(cases.id))
    .limit(limit);
  return rows.map((row) => row.id);
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
