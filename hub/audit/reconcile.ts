/**
 * Holds the hub's memory of its questions against that of every province: a question that only one side
 * remembers shows up, whichever side denies it. It reads; nothing is put right.
 */
import { z } from 'zod';
import type { Caller } from '../../shared/acts/access.ts';
import { listAskedEntries, listErasedEntries } from '../../shared/audit/queries.ts';
import { findHeldLogs, type LostStretch, lostStretch, sizesOf } from '../../shared/audit/restores.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { AppError, toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { ProvinceLink } from '../provinces/province-link.ts';
import { read } from './acts.ts';
import { readLog } from './messages.ts';
import { listAnsweredQuestions, listStoredQuestions } from './queries.ts';
import {
  compareOwn,
  compareWithProvince,
  type Difference,
  type Memory,
  memoryOf,
  questionKey,
} from './rules.ts';
import { parsedEntry, type RememberedQuestion, subjectsShape, takeShownLog, traceIn } from './shown-log.ts';

export interface ReconcileCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly roster: {
    readonly links: readonly ProvinceLink[];
    readonly keys: { get(province: string): Parameters<typeof takeShownLog>[1]['key'] | undefined };
  };
}

export interface ProvinceVerdict {
  readonly province: string;
  readonly state: 'agrees' | 'differs' | 'unreachable' | 'refused';
  /** Of a log that was not taken: why. */
  readonly reason: string | undefined;
  /** Questions that the province says it has answered. */
  readonly questions: number;
  readonly differences: readonly Difference[];
  /** What of its log is not provable, for it was restored; newest first. */
  readonly lost: readonly LostStretch[];
}

export interface Reconciliation {
  /** The hub's own log against its own tables. */
  readonly hub: readonly Difference[];
  /** By code. */
  readonly provinces: readonly ProvinceVerdict[];
}

const PAGE = 5_000;
const NOTHING_BEFORE = { trace: '', seq: 0 };

/**
 * Compares with one province or with all that are enrolled. Throws as `decide`; NOT_FOUND PROVINCE_UNKNOWN. A
 * province that cannot be reached, or whose log is not what it was, is a verdict and no error.
 */
export function reconcileLogs(
  ctx: ReconcileCtx,
  caller: Caller,
  province: string | undefined,
): Promise<Reconciliation> {
  const on = province === undefined ? [] : [{ province }];
  return read(ctx, caller, 'audit.reconcile', { on }, async (leave) => {
    const links = ctx.roster.links.filter((link) => province === undefined || link.province === province);
    if (province !== undefined && links.length === 0) {
      throw new AppError('NOT_FOUND', 'PROVINCE_UNKNOWN', `province ${province} is not enrolled`);
    }
    const provinces: ProvinceVerdict[] = [];
    // One after the other: each holds its log in memory while it is compared.
    for (const link of links) provinces.push(await reconcileProvince(ctx, link));
    provinces.sort((a, b) => (a.province < b.province ? -1 : 1));
    const log = await askedByLog(ctx.db);
    const stored = memoryOf(await storedQuestions(ctx.db));
    const hub = compareOwn(log, stored, await erasedByLog(ctx.db));
    const differing = provinces.filter(({ state }) => state !== 'agrees').map((one) => one.province);
    leave.note({ own_differences: hub.length, differing });
    return { hub, provinces };
  });
}

async function reconcileProvince(ctx: ReconcileCtx, link: ProvinceLink): Promise<ProvinceVerdict> {
  const { province } = link;
  try {
    // In this order: what is asked and answered meanwhile is remembered on both sides.
    const answeredAtHub = await answeredQuestions(ctx.db, province);
    const { questions, lost, wasLost } = await shownLog(ctx, link);
    const asked = await askedByLog(ctx.db);
    const answeredAtNode = memoryOf(questions);
    const differences = compareWithProvince({ asked, answeredAtHub, answeredAtNode, wasLost });
    const state = differences.some(({ kind }) => kind !== 'lost') ? 'differs' : 'agrees';
    return { province, state, reason: undefined, questions: answeredAtNode.size, differences, lost };
  } catch (error) {
    const { code, reason } = toAppError(error);
    ctx.logger.error({ err: toAppError(error), province }, 'the audit log of a province cannot be compared');
    const state = UNREACHABLE.includes(code) ? 'unreachable' : 'refused';
    return { province, state, reason, questions: 0, differences: [], lost: [] };
  }
}

const UNREACHABLE = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'UNIMPLEMENTED'];

async function shownLog({ db, roster }: ReconcileCtx, link: ProvinceLink) {
  const { province } = link;
  const key = roster.keys.get(province);
  if (!key) throw new AppError('FAILED_PRECONDITION', 'PROVINCE_UNKNOWN', 'no key of the province is pinned');
  const { present, past } = await findHeldLogs(db, province, { present: 1, past: 100_000 });
  const [held] = present;
  const shown = await takeShownLog(readLog(link), { province, key, held, sizes: sizesOf(past) });
  const lost = past.map((log) => lostStretch(log, shown.roots));
  const wasLost = (answeredAt: number) =>
    lost.some(({ sound, restore }) => {
      return (
        answeredAt >= Math.round((sound?.receivedAtMs ?? 0) / 1_000) &&
        answeredAt <= Date.parse(restore.at) / 1_000
      );
    });
  return { ...shown, lost, wasLost };
}

const askedShape = z.object({
  ...subjectsShape,
  detail: z.object({ seqs: z.array(z.int()), sha256: z.array(z.string()) }),
});

/** What the hub's own audit log says that it asked. */
async function askedByLog(db: Database): Promise<Memory> {
  const questions: RememberedQuestion[] = [];
  for (let after = 0; ; ) {
    const entries = await listAskedEntries(db, after, PAGE);
    for (const { id, body } of entries) {
      const { detail, ...subjects } = parsedEntry(askedShape, body);
      const trace = traceIn(subjects);
      detail.seqs.forEach((seq, i) => {
        questions.push({ trace, seq, sha256: detail.sha256[i] ?? '' });
      });
      after = id;
    }
    if (entries.length < PAGE) return memoryOf(questions);
  }
}

/** Of which traces the log says that nothing is kept any more. */
async function erasedByLog(db: Database): Promise<ReadonlySet<string>> {
  const entries = await listErasedEntries(db);
  return new Set(entries.map((body) => traceIn(parsedEntry(z.object(subjectsShape), body))));
}

async function storedQuestions(db: Database): Promise<RememberedQuestion[]> {
  const questions: RememberedQuestion[] = [];
  for (;;) {
    const page = await listStoredQuestions(db, questions.at(-1) ?? NOTHING_BEFORE, PAGE);
    questions.push(...page);
    if (page.length < PAGE) return questions;
  }
}

async function answeredQuestions(db: Database, province: string): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let after = NOTHING_BEFORE; ; ) {
    const page = await listAnsweredQuestions(db, province, { after, limit: PAGE });
    for (const one of page) found.set(questionKey(one), one.answeredAt);
    after = page.at(-1) ?? after;
    if (page.length < PAGE) return found;
  }
}
