/**
 * The HTTP applications of both programs with all their routes and no database: for tests that ask what there
 * is and who may call it. Whatever gets past the checks of the door fails with INTERNAL.
 */
import { pino } from 'pino';
import { HUB_ACTS, hubRoutes } from '../../hub/rooms.ts';
import { NODE_ACTS, nodeRoutes } from '../../node/rooms.ts';
import { systemClock } from '../../shared/clock.ts';
import { createHttpApp } from '../../shared/http/app.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import type { Routes } from '../../shared/http/route.ts';
import type { Authenticate } from '../../shared/sign-in/authenticate.ts';

/** Behind the door is the time of day, the name of the province and nothing else. */
const NOTHING = {
  clock: systemClock,
  province: '24',
  federationKeys: {},
  traces: {},
  enrolment: {},
} as never;

export function createApps(authenticate: Authenticate): { node: Routes; hub: Routes } {
  const common = {
    info: { title: 'test', version: '1', description: '' },
    ...{ authenticate, recordRefusal: async () => undefined, logger: pino({ enabled: false }), checks: {} },
    ...{ stopping: new AbortController().signal, cursorKey: new Uint8Array(32) },
    // One caller walks all routes under every role, faster than people may.
    callerLimit: { perSecond: 10_000, burst: 10_000 },
  };
  const node = { acts: NODE_ACTS, routes: nodeRoutes(NOTHING), metrics: createMetrics('node-24') };
  const hub = { acts: HUB_ACTS, routes: hubRoutes(NOTHING), metrics: createMetrics('hub') };
  return { node: createHttpApp({ ...common, ...node }), hub: createHttpApp({ ...common, ...hub }) };
}

export interface Route {
  readonly method: string;
  /** As in the document: `/v1/cases/{id}`. */
  readonly path: string;
  readonly operation: Readonly<Record<string, unknown>>;
}

/** The documented routes of an application. */
export function routesOf(app: Routes): Route[] {
  const { paths = {} } = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } });
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, Route['operation']>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}
