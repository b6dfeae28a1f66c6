/**
 * The tables of the federation key at the hub: numbers, check values, approvals and sealed wraps.
 */
import type { Queryable } from '../../shared/db/database.ts';

type Db = Pick<Queryable, 'sql'>;

/** A generation and its check value (32 hex digits). */
export interface KeyCheck {
  readonly generation: number;
  readonly check: string;
}

/** A generation that a province says it holds. */
export interface Holding extends KeyCheck {
  readonly province: string;
}

/** A wrap that waits; `recipient` is the thumbprint of the enrolment key that it is encrypted to. */
export interface WaitingWrap {
  readonly from: string;
  readonly to: string;
  readonly generation: number;
  readonly recipient: string;
}

/** The greatest generation known; 0 if there is none. Reports wait for each other until the commit. */
export async function lockNewestGeneration({ sql }: Db): Promise<number> {
  await sql`LOCK TABLE federation_keys IN SHARE ROW EXCLUSIVE MODE`;
  const [row] = await sql<{ newest: number | null }[]>`SELECT max(generation) AS newest FROM federation_keys`;
  return row?.newest ?? 0;
}

/** The generations known, ascending; one a rotation. */
export function listGenerations({ sql }: Db): Promise<KeyCheck[]> {
  return sql<KeyCheck[]>`SELECT generation, check_value AS check FROM federation_keys
    ORDER BY generation LIMIT 1000`;
}

/** Keeps a generation; what was told of it before stays. */
export async function insertGeneration({ sql }: Db, { province, generation, check }: Holding): Promise<void> {
  await sql`INSERT INTO federation_keys (generation, check_value, province)
    VALUES (${generation}, ${check}, ${province}) ON CONFLICT DO NOTHING`;
}

/** What a province says now that it holds, in place of what it said before. */
export async function replaceHoldings(
  { sql }: Db,
  province: string,
  held: readonly KeyCheck[],
): Promise<void> {
  const generations = held.map(({ generation }) => generation);
  await sql`DELETE FROM federation_key_holders
    WHERE province = ${province} AND generation <> ALL (${generations}::integer[])`;
  await sql`INSERT INTO federation_key_holders (province, generation, check_value)
    SELECT ${province}, * FROM unnest(${generations}::integer[], ${held.map(({ check }) => check)}::text[])
    ON CONFLICT (province, generation) DO UPDATE SET check_value = excluded.check_value
      WHERE federation_key_holders.check_value <> excluded.check_value`;
}

/** What every province holds, by province and generation. */
export function listHoldings({ sql }: Db): Promise<Holding[]> {
  return sql<Holding[]>`SELECT province, generation, check_value AS check FROM federation_key_holders
    ORDER BY province, generation LIMIT 10000`;
}

/** Removes the wraps of generations that a province need not get: those up to the greatest that it holds. */
export async function deleteReceivedWraps({ sql }: Db, province: string): Promise<void> {
  await sql`DELETE FROM federation_key_wraps WHERE to_province = ${province} AND generation <= (
    SELECT max(generation) FROM federation_key_holders JOIN federation_keys USING (generation, check_value)
    WHERE federation_key_holders.province = ${province})`;
}

/** All approvals, by province that gave them. */
export async function listApprovals({ sql }: Db): Promise<string[]> {
  const rows = await sql<{ approval: string }[]>`
    SELECT approval FROM federation_key_approvals ORDER BY from_province, to_province LIMIT 5000`;
  return rows.map(({ approval }) => approval);
}

/** Keeps the approval of `to` by `from`; whether it is another than before. */
export async function upsertApproval(
  { sql }: Db,
  { from, to, approval }: { readonly from: string; readonly to: string; readonly approval: string },
): Promise<boolean> {
  const rows = await sql`INSERT INTO federation_key_approvals AS kept (from_province, to_province, approval)
    VALUES (${from}, ${to}, ${approval})
    ON CONFLICT (from_province, to_province) DO UPDATE SET approval = excluded.approval
      WHERE kept.approval <> excluded.approval RETURNING 1`;
  return rows.length > 0;
}

/** Keeps a wrap in place of an earlier one of the same ends and generation. */
export async function upsertWrap({ sql }: Db, wrap: WaitingWrap & { readonly wrap: string }): Promise<void> {
  await sql`INSERT INTO federation_key_wraps (to_province, generation, from_province, recipient, wrap)
    VALUES (${wrap.to}, ${wrap.generation}, ${wrap.from}, ${wrap.recipient}, ${wrap.wrap})
    ON CONFLICT (to_province, generation, from_province)
      DO UPDATE SET recipient = excluded.recipient, wrap = excluded.wrap`;
}

/** All wraps that wait, without their texts. */
export function listWaiting({ sql }: Db): Promise<WaitingWrap[]> {
  return sql<WaitingWrap[]>`
    SELECT from_province AS from, to_province AS to, generation, recipient FROM federation_key_wraps
    ORDER BY to_province, generation, from_province LIMIT 10000`;
}

/** The wraps for a province, by generation. */
export async function listWrapsTo({ sql }: Db, province: string): Promise<string[]> {
  const rows = await sql<{ wrap: string }[]>`SELECT wrap FROM federation_key_wraps
    WHERE to_province = ${province} ORDER BY generation, from_province LIMIT 200`;
  return rows.map(({ wrap }) => wrap);
}
