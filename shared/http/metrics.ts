/**
 * The Prometheus registry of one program. Labels are routes, codes and provinces, never persons: whoever can
 * reach the listener may read them.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LoopFigures } from '../loop.ts';

export type Metrics = Registry;

/**
 * A registry that labels everything with `program` (`hub`, `node-24`) and holds the process's own figures.
 */
export function createMetrics(program: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ program });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** One answered request; `route` is the pattern, never the path. */
export interface RequestFigures {
  method: string;
  route: string;
  status: number;
  seconds: number;
}

/** Adds the HTTP figures to `registry`; the answer records one request in them. */
export function measureRequests(registry: Metrics): (figures: RequestFigures) => void {
  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Counter({
    name: 'truyvet_http_requests_total',
    help: 'HTTP requests answered',
    labelNames,
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'truyvet_http_request_seconds',
    help: 'Time until an answer began',
    labelNames: ['method', 'route'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });
  return ({ method, route, status, seconds: took }) => {
    requests.inc({ method, route, status: String(status) });
    seconds.observe({ method, route }, took);
  };
}

/** Adds the key service's figures to `registry`: elements evaluated, and requests refused. */
export function measureKeyService(registry: Metrics) {
  const evaluations = new Counter({
    name: 'truyvet_key_evaluations_total',
    help: 'Blinded elements evaluated, by how they were paid for: daily use, first loading or cases',
    labelNames: ['province', 'use'] as const,
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'truyvet_key_refusals_total',
    help: 'Requests to the key service that were refused; KEY_BUDGET may be somebody who guesses',
    labelNames: ['province', 'reason'] as const,
    registers: [registry],
  });
  return {
    evaluated: (province: string, use: 'daily' | 'loading' | 'cases', elements: number) =>
      evaluations.inc({ province, use }, elements),
    refused: (province: string, reason: string) => refusals.inc({ province, reason }),
  };
}

/** Adds the figure of the audit logs of others to `registry`; the answer counts one that was refused. */
export function measureAudit(registry: Metrics): (peer: string, reason: string) => void {
  const conflicts = new Counter({
    name: 'truyvet_audit_conflicts_total',
    help: 'Checkpoints of the audit log of another program that were refused: it is not what it was',
    labelNames: ['peer', 'reason'] as const,
    registers: [registry],
  });
  return (peer, reason) => conflicts.inc({ peer, reason });
}

/** Adds the figures of the program's background loops to `registry`. */
export function measureLoops(registry: Metrics): LoopFigures {
  const labelNames = ['loop'] as const;
  const failures = new Gauge({
    name: 'truyvet_loop_failures',
    help: 'Passes of a background loop that have failed since the last that went well',
    labelNames,
    registers: [registry],
  });
  const succeeded = new Gauge({
    name: 'truyvet_loop_success_timestamp_seconds',
    help: 'When a pass of a background loop went well last',
    labelNames,
    registers: [registry],
  });
  return {
    failures: (loop, count) => failures.set({ loop }, count),
    succeededAt: (loop, at) => succeeded.set({ loop }, at),
  };
}
