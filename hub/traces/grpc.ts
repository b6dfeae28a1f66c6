/**
 * What nodes call about traces (proto FederationService): decode, name the caller, one operation, encode.
 */

import type { MessageInitShape } from '@bufbuild/protobuf';
import { invalidField } from '../../shared/errors.ts';
import {
  CoverageState,
  Direction,
  type ProvinceCoverageSchema,
  TraceState,
  type TraceStatusSchema,
} from '../../shared/gen/truyvet/v1/common_pb.ts';
import type { FederationService, ReportStatusRequest } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Handlers, IncomingCall } from '../../shared/grpc/service.ts';
import { SEQ_LIMIT } from '../../shared/grpc/trace-messages.ts';
import {
  closeTrace,
  getTraceStatus,
  listTraceStatuses,
  openTrace,
  reportStatus,
  type TracesCtx,
} from './operations.ts';
import type { CoverageView, TraceStatusView } from './status.ts';
import { takeOver } from './taken-over.ts';

type Methods = 'openTrace' | 'closeTrace' | 'takeOverContact' | 'getTrace' | 'getTraces' | 'reportStatus';

const REPORT_EVERY_MS = 5_000;
/** A node answers in two at most. */
const GENERATIONS_TOLD = 8;

/** Handlers of the trace methods of FederationService. */
export function traceHandlers(
  ctx: TracesCtx,
  roster: { readonly version: number },
): Pick<Handlers<typeof FederationService>, Methods> {
  return {
    openTrace: ({ opening }, call) => openTrace(ctx, provinceOf(call), opening),
    closeTrace: async ({ traceId }, call) => {
      await closeTrace(ctx, provinceOf(call), traceId);
      return {};
    },
    takeOverContact: async ({ traceId, contactId }, call) => {
      await takeOver(ctx, { traceId, contactId, province: provinceOf(call) });
      return {};
    },
    getTrace: async ({ traceId }, call) => ({
      status: statusToWire(await getTraceStatus(ctx, traceId, provinceOf(call))),
    }),
    getTraces: async ({ traceIds }, call) => ({
      statuses: (await listTraceStatuses(ctx, traceIds, provinceOf(call))).map(statusToWire),
    }),
    reportStatus: async (request, call) => {
      checkReport(request);
      const closed = await reportStatus(ctx, {
        province: provinceOf(call),
        incarnation: Number(request.incarnation),
        dataVersion: Number(request.dataVersion),
        dataAt: request.dataAt,
        protocol: request.protocol,
        ...{ stale: request.stale, asking: request.asking, refusal: request.refusal },
        keyGenerations: request.oprfGenerations,
        tokens: {
          incarnation: Number(request.incarnation),
          dataVersion: Number(request.tokenizedVersion),
          pending: request.pendingIdentifiers,
        },
      });
      const nextInMs = ctx.reportEveryMs ?? REPORT_EVERY_MS;
      const alarms = ctx.engine.alarms.openedBy(provinceOf(call));
      const provincesVersion = BigInt(roster.version);
      const oprfKeys = [...ctx.keyGenerations.told];
      return { nextInMs, provincesVersion, closed, alarms, oprfKeys };
    },
  };
}

/** Refuses numbers that no node counts up to, and that the database could not store. */
function checkReport(report: ReportStatusRequest): void {
  const { incarnation, dataVersion, tokenizedVersion, protocol, stale } = report;
  const counts = { incarnation, data_version: dataVersion, tokenized_version: tokenizedVersion };
  for (const [field, count] of Object.entries(counts))
    if (count > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidField(field, 'TOO_LARGE');
  if (!/^[A-Z_]{0,40}$/.test(report.refusal)) throw invalidField('refusal', 'NOT_A_WORD');
  if (report.oprfGenerations.length > GENERATIONS_TOLD)
    throw invalidField('oprf_generations', 'TOO_MANY', { most: GENERATIONS_TOLD });
  if (protocol > SEQ_LIMIT) throw invalidField('protocol', 'TOO_LARGE');
  if (stale.some(({ seqs }) => seqs.some((seq) => seq > SEQ_LIMIT))) throw invalidField('stale', 'TOO_LARGE');
}

/** The auth table lets only nodes in. */
function provinceOf({ peer }: IncomingCall): string {
  return peer.kind === 'node' ? peer.province : '';
}

const STATES = {
  queued: TraceState.QUEUED,
  running: TraceState.RUNNING,
  partial: TraceState.PARTIAL,
  complete: TraceState.COMPLETE,
  closed: TraceState.CLOSED,
} as const;

const COVERAGE = {
  current: CoverageState.CURRENT,
  behind: CoverageState.BEHIND,
  unreachable: CoverageState.UNREACHABLE,
  refused: CoverageState.REFUSED,
  excluded: CoverageState.EXCLUDED,
} as const;

function statusToWire(status: TraceStatusView): MessageInitShape<typeof TraceStatusSchema> {
  const {
    byDegree,
    byProvince,
    completedAtMs,
    openedAtMs,
    state,
    direction,
    coverage,
    id,
    warnings,
    indexKnown,
    ...same
  } = status;
  return {
    ...same,
    traceId: id,
    warnings: [...warnings],
    indexKnown: Uint8Array.from(indexKnown),
    state: STATES[state],
    direction: direction === 'forward' ? Direction.FORWARD : Direction.BACKWARD,
    coverage: coverage.map(coverageToWire),
    byDegree: [...byDegree].map(([degree, contacts]) => ({ degree, contacts })),
    byProvince: [...byProvince].map(([province, contacts]) => ({ province, contacts })),
    openedAt: Math.floor(openedAtMs / 1000),
    completedAt: completedAtMs === null ? 0 : Math.floor(completedAtMs / 1000),
    elapsedMs: Math.max(0, Math.round(status.elapsedMs)),
  };
}

function coverageToWire(coverage: CoverageView): MessageInitShape<typeof ProvinceCoverageSchema> {
  return { ...coverage, state: COVERAGE[coverage.state] };
}
