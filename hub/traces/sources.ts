/**
 * Who claims what in a trace, and the trace without one of them: a province that lies about links, events or
 * residence is named as their source, and can be left out, for reading or until that is undone.
 */
import type { Caller } from '../../shared/acts/access.ts';
import type { Leave } from '../../shared/acts/act.ts';
import { requireVersion } from '../../shared/acts/versions.ts';
import type { Transaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import type { Exposure, OnExposure } from '../../shared/trace/contacts.ts';
import { change, read } from './acts.ts';
import * as queries from './exclusions-queries.ts';
import { graphOf, type TraceGraph } from './graph.ts';
import type { LiveTrace } from './live-trace.ts';
import { type TracesCtx, unknownTrace } from './operations.ts';
import { lockVersion, raiseVersion } from './traces-queries.ts';

/** Why a province is left out: a closed list, for the log holds no free text. */
export const EXCLUSION_REASONS = [
  'false_links',
  'false_events',
  'false_residence',
  'compromised',
  'other',
] as const;

export type ExclusionReason = (typeof EXCLUSION_REASONS)[number];

export interface SourcedGraph extends TraceGraph {
  /**
   * Questions that the others would have to be asked yet, because without the provinces left out somebody is
   * another person: 0 = exactly what they would have found by themselves.
   */
  readonly openQuestions: number;
}

export interface GraphRequest {
  readonly id: string;
  readonly limit: number;
  /** Codes of provinces to be left out of this view. */
  readonly without: readonly string[];
}

/**
 * Persons and exposures of an open trace in pseudonyms, with the provinces that claim them. Throws NOT_FOUND
 * TRACE_UNKNOWN, also for a closed one.
 */
export function readGraph(ctx: TracesCtx, caller: Caller, request: GraphRequest): Promise<SourcedGraph> {
  const { id, limit, without } = request;
  const detail = without.length > 0 ? { without } : undefined;
  return read(ctx, caller, 'graph.read', { on: [{ trace: id }], detail }, async ({ note }) => {
    const state = stateOf(await openTrace(ctx, id), without);
    const exposures: Exposure[] = [];
    const view = state.view((exposure) => exposures.push(exposure));
    const graph = graphOf(view, exposures, limit);
    note({ persons: graph.persons.length, exposures: graph.exposures.length });
    return { ...graph, openQuestions: state.openQuestions };
  });
}

function stateOf(live: LiveTrace, without: readonly string[]) {
  if (without.length === 0) return { view: (on: OnExposure) => live.view(on), openQuestions: 0 };
  const state = live.stateWithout(new Set(without.map(Number)));
  return { view: (on: OnExposure) => state.view(on), openQuestions: state.nextQuestions().length };
}

/**
 * Leaves a province out of a trace until `takeBack`: contacts that rest on its word alone are withdrawn at
 * the desks. The answer is the trace's version. Throws NOT_FOUND TRACE_UNKNOWN, PROVINCE_UNKNOWN;
 * VERSION_CHANGED.
 */
export function leaveOut(
  ctx: TracesCtx,
  caller: Caller,
  { id, province, reason }: { id: string; province: string; reason: ExclusionReason },
): Promise<number> {
  const asked = { on: [{ trace: id }, { province }], detail: { reason, excluded: true } };
  return applying(ctx, id, (live) =>
    change(ctx, caller, 'exclusions.set', asked, async (tx, leave) => {
      if (!live) throw unknownTrace();
      if (!live.asks(province)) throw unknownProvince();
      const version = await nextVersion(tx, { caller, leave, id });
      await queries.upsertExclusion(tx, id, { province, reason });
      return version;
    }),
  );
}

/**
 * Undoes `leaveOut`; the answer is the trace's version. Throws NOT_FOUND TRACE_UNKNOWN, PROVINCE_UNKNOWN if
 * it was not left out; VERSION_CHANGED.
 */
export function takeBack(
  ctx: TracesCtx,
  caller: Caller,
  { id, province }: { id: string; province: string },
): Promise<number> {
  const asked = { on: [{ trace: id }, { province }], detail: { excluded: false } };
  return applying(ctx, id, (live) =>
    change(ctx, caller, 'exclusions.clear', asked, async (tx, leave) => {
      if (!live) throw unknownTrace();
      const version = await nextVersion(tx, { caller, leave, id });
      if (!(await queries.deleteExclusion(tx, id, province))) throw unknownProvince();
      return version;
    }),
  );
}

/** Makes the version of the trace that this change leads to. Throws TRACE_UNKNOWN, VERSION_CHANGED. */
async function nextVersion(
  tx: Transaction,
  { caller, leave, id }: { readonly caller: Caller; readonly leave: Leave; readonly id: string },
): Promise<number> {
  const held = await lockVersion(tx, id);
  if (held === undefined) throw unknownTrace();
  await requireVersion(tx, caller, { version: held, on: { trace: id } });
  const version = await raiseVersion(tx, id);
  leave.note({ version });
  leave.keep({ version });
  return version;
}

/**
 * Stores a change in the trace's turn and lets the trace follow what is stored then; `store` refuses if there
 * is no such open trace.
 */
async function applying(
  ctx: TracesCtx,
  id: string,
  store: (live: LiveTrace | undefined) => Promise<number>,
): Promise<number> {
  await using _turn = await ctx.engine.takeTurn(id);
  let version: number | undefined;
  await ctx.engine.change(id, async (live) => {
    version = await store(live);
    const left = await queries.listExclusions(ctx.db, id);
    await ctx.engine.probation.review(ctx.db);
    live.leaveOut(left);
  });
  return version ?? (await store(undefined));
}

async function openTrace({ engine }: TracesCtx, id: string): Promise<LiveTrace> {
  const live = await engine.takeUp(id);
  if (live) return live;
  throw unknownTrace();
}

function unknownProvince(): AppError {
  return new AppError('NOT_FOUND', 'PROVINCE_UNKNOWN', 'no such province in this trace');
}
