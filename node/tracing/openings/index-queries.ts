/**
 * The cases that a trace starts from, with their identifiers.
 */
import { eq, sql } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { caseIdentifiers, cases } from '../../casework/cases/tables.ts';
import type { IndexFacts } from './rules.ts';
import { traceCases } from './tables.ts';

/** An index case as its trace's opening needs it. */
export interface IndexRow extends IndexFacts {
  /** Of one of the case's identifiers. */
  readonly id: number;
  /** Of the case in its trace. */
  readonly position: number;
  readonly withdrawn: boolean;
}

/** The cases of a trace, in their order, a row for each identifier. */
export function listIndexCases({ orm }: Queryable, traceId: string): Promise<IndexRow[]> {
  const { position } = traceCases;
  const { identifierId: id } = caseIdentifiers;
  const withdrawn = sql<boolean>`${cases.withdrawnAt} IS NOT NULL`;
  const { onsetOn, sampledAt, isolatedAt } = cases;
  return orm
    .select({ id, position, withdrawn, onsetOn, sampledAt, isolatedAt })
    .from(traceCases)
    .innerJoin(cases, eq(cases.id, traceCases.caseId))
    .innerJoin(caseIdentifiers, eq(caseIdentifiers.caseId, cases.id))
    .where(eq(traceCases.traceId, traceId))
    .orderBy(position, caseIdentifiers.position);
}
