/**
 * What of a trace's cases looks wrong when it is opened or amended: a case that gives no contacts, an
 * identifier that nobody here knows but the case (whether others do, the hub says: status.ts). Said in the
 * trace's status, never a reason to refuse it.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { findUnseen } from '../../records/intake/operations.ts';
import { unnamedOfCase } from '../../records/people/operations.ts';
import { listIndexCases } from './index-queries.ts';
import { storeNoticed } from './noticing-queries.ts';
import type { TraceRow } from './queries.ts';
import { indexWindows } from './rules.ts';
import type { IndexWarning } from './status.ts';

type NoticedTrace = Pick<TraceRow, 'id' | 'cases' | 'direction' | 'asOf'>;

/** Keeps it with the trace, for its status, and returns it. */
export async function noticeAtOpening(
  db: Queryable,
  trace: NoticedTrace,
  rules: RulePack,
): Promise<readonly IndexWarning[]> {
  const noticed = await noticeIndex(db, trace, rules);
  await storeNoticed(db, trace.id, noticed);
  return noticed;
}

/** Of the standing cases of a trace, in their order. */
async function noticeIndex(db: Queryable, trace: NoticedTrace, rules: RulePack): Promise<IndexWarning[]> {
  const rows = (await listIndexCases(db, trace.id)).filter(({ withdrawn }) => !withdrawn);
  const firsts = rows.filter((row, i) => row.position !== rows[i - 1]?.position);
  const windows = indexWindows(firsts, { direction: trace.direction, asOf: trace.asOf, rules });
  const warnings: IndexWarning[] = [];
  for (const [i, { position }] of firsts.entries()) {
    const id = trace.cases[position] as string;
    const { from, until } = windows[i] as { from: number; until: number };
    if (from === until) warnings.push({ reason: 'INDEX_WINDOW_EMPTY', case: id });
    const named = rows.flatMap((row, entry) => (row.position === position ? [{ id: row.id, entry }] : []));
    const ids = named.map((row) => row.id);
    const unknown = new Set(await findUnseen(db, await unnamedOfCase(db, id, ids)));
    for (const [identifier, { id: one, entry }] of named.entries())
      if (unknown.has(one)) warnings.push({ reason: 'INDEX_UNKNOWN', case: id, identifier, entry });
  }
  return warnings;
}
