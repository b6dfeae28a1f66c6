/**
 * What of a case's person is worth a second look before anybody is called: said in the answer, never a reason
 * to refuse. Says no more of others than the caller may read anyway.
 */
import type { Scope } from '../../../shared/acts/access.ts';
import type { Leave } from '../../../shared/acts/act.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/database.ts';
import type { FieldError } from '../../../shared/errors.ts';
import type { RuleBook } from '../../federation/packs/operations.ts';
import { findUnseen } from '../../records/intake/operations.ts';
import {
  caseWaits,
  type IntakeTx,
  listLinkedByNumbers,
  unnamedOfCase,
} from '../../records/people/operations.ts';
import { CASE_ACTS } from './acts.ts';
import { listOtherCases } from './queries.ts';
import { type CaseFacts, emptyWindow } from './rules.ts';

/** Traces of which somebody is a contact, as tracing knows them. */
export interface ContactTraces {
  /** Open ones within what the caller of `leave` may read of contacts, at most `limit`. */
  ofContacts(
    tx: Transaction,
    leave: Pick<Leave, 'scopeOf'>,
    asked: { readonly identifierIds: readonly number[]; readonly limit: number },
  ): Promise<string[]>;
}

interface Noticing {
  readonly tx: Transaction;
  readonly intake: IntakeTx;
  readonly leave: Pick<Leave, 'scopeOf'>;
  readonly ctx: {
    readonly traces: ContactTraces;
    readonly rules: Pick<RuleBook, 'inForceAt'>;
    readonly clock: Pick<Clock, 'nowMs'>;
  };
}

/** A case as far as something may be noticed of it. */
type NoticedCase = Omit<CaseFacts, 'identifiers' | 'ward'> & {
  readonly id: string;
  readonly identifierIds: readonly number[];
  readonly withdrawnAt: number | null;
};

/** Of each kind of other thing: the rest is found by the first. */
const MOST_OTHERS = 3;
const NOWHERE: Scope = new Set();

/** Fields and reasons, about a case, its identifiers in their order, and what a trace would find of it. */
export async function noticeAbout(
  { tx, intake, leave, ctx }: Noticing,
  { id, identifierIds, withdrawnAt, ...dates }: NoticedCase,
): Promise<FieldError[]> {
  const now = nowSeconds(ctx.clock);
  // Without rules nothing is traced either.
  const rules = withdrawnAt === null ? ctx.rules.inForceAt(now) : undefined;
  const unknown = new Set(await findUnseen(tx, await unnamedOfCase(intake, id, identifierIds)));
  const linked = await listLinkedByNumbers(intake, identifierIds);
  const about = { identifierIds: linked, limit: MOST_OTHERS };
  const readable = leave.scopeOf(CASE_ACTS, 'cases.read') ?? NOWHERE;
  const cases = await listOtherCases(tx, { ...about, id }, readable);
  const open = await ctx.traces.ofContacts(tx, leave, about);
  return [
    ...(rules ? emptyWindow(dates, now, rules) : []),
    ...identifierIds.flatMap((one, i): FieldError[] =>
      unknown.has(one) ? [{ field: `identifiers[${i}]`, reason: 'KNOWN_TO_NOBODY' }] : [],
    ),
    ...cases.map((found): FieldError => {
      return { field: 'identifiers', reason: 'CASE_ALREADY', params: { case: found } };
    }),
    ...open.map((trace): FieldError => {
      return { field: 'identifiers', reason: 'CONTACT_ALREADY', params: { trace } };
    }),
    ...((await caseWaits(intake, id)) ? [WAITS] : []),
  ];
}

const WAITS: FieldError = { field: 'identifiers', reason: 'WAITS_FOR_OTHER_WARD' };
