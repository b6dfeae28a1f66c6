/**
 * The hub's federation service as traces see it: messages in, domain types out.
 */

import { AppError } from '../../../shared/errors.ts';
import {
  CoverageState as WireCoverage,
  Direction as WireDirection,
  TraceState as WireState,
  type TraceStatus as WireStatus,
} from '../../../shared/gen/truyvet/v1/common_pb.ts';
import type { FederationService } from '../../../shared/gen/truyvet/v1/federation_pb.ts';
import type { Client } from '../../../shared/grpc/client.ts';
import type { CoverageState, HubStatus, TraceState } from './status.ts';
import type { HubTraces } from './submitter.ts';

/** The trace methods of the hub. */
export function hubTraces(client: Client<typeof FederationService>): HubTraces {
  return {
    open: async (opening, patience) => {
      await client.openTrace({ opening }, patience);
    },
    close: async (traceId, patience) => {
      await client.closeTrace({ traceId }, patience);
    },
    status: async (traceId, patience) => {
      const { status } = await client.getTrace({ traceId }, patience);
      if (status) return fromWire(status);
      throw new AppError('UNAVAILABLE', 'EMPTY_STATUS', 'the hub sent no status');
    },
    statuses: async (traceIds, patience) => {
      const { statuses } = await client.getTraces({ traceIds: [...traceIds] }, patience);
      return new Map(statuses.map((status) => [status.traceId, fromWire(status)]));
    },
  };
}

const STATES: Readonly<Record<WireState, TraceState>> = {
  [WireState.UNSPECIFIED]: 'running',
  [WireState.QUEUED]: 'queued',
  [WireState.RUNNING]: 'running',
  [WireState.PARTIAL]: 'partial',
  [WireState.COMPLETE]: 'complete',
  [WireState.CLOSED]: 'closed',
};

const COVERAGE: Readonly<Record<WireCoverage, CoverageState>> = {
  [WireCoverage.UNSPECIFIED]: 'behind',
  [WireCoverage.CURRENT]: 'current',
  [WireCoverage.BEHIND]: 'behind',
  [WireCoverage.UNREACHABLE]: 'unreachable',
  [WireCoverage.REFUSED]: 'refused',
  [WireCoverage.EXCLUDED]: 'excluded',
};

function fromWire(status: WireStatus): HubStatus {
  return {
    state: STATES[status.state] ?? 'running',
    province: status.province,
    rules: status.rules,
    direction: status.direction === WireDirection.BACKWARD ? 'backward' : 'forward',
    maxDegree: status.maxDegree,
    asOf: status.asOf,
    revision: status.revision,
    coverage: status.coverage.map((one) => ({
      province: one.province,
      state: COVERAGE[one.state] ?? 'behind',
      behind: one.behind,
      answeredAt: one.answeredAt || null,
      dataAt: one.dataAt || null,
      reason: one.reason,
      pendingIdentifiers: one.pendingIdentifiers,
    })),
    byDegree: Object.fromEntries(status.byDegree.map(({ degree, contacts }) => [degree, contacts])),
    byProvince: Object.fromEntries(status.byProvince.map(({ province, contacts }) => [province, contacts])),
    questions: status.questions,
    awaited: status.awaited,
    openedAt: status.openedAt || null,
    completedAt: status.completedAt || null,
    elapsedMs: status.elapsedMs,
    warnings: status.warnings,
    indexKnown: [...status.indexKnown],
  };
}
