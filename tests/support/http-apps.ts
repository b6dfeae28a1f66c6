/**
 * The HTTP applications of both programs with all their routes and no database: for tests that ask what there
 * is and who may call it. Whatever gets past the checks of the door fails with INTERNAL.
 */
import { pino } from 'pino';
import { keyRoutes } from '../../hub/keys/http.ts';
import { provinceRoutes } from '../../hub/provinces/http.ts';
import { ruleRoutes } from '../../hub/rules/http.ts';
import { traceRoutes as hubTraceRoutes } from '../../hub/traces/http.ts';
import { breakGlassRoutes } from '../../node/break-glass/http.ts';
import { budgetRoutes } from '../../node/budgets/http.ts';
import { caseRoutes } from '../../node/cases/http.ts';
import { importRoutes } from '../../node/intake/http.ts';
import { serviceAccountRoutes } from '../../node/service-accounts/http.ts';
import { traceRoutes } from '../../node/traces/http.ts';
import type { Authenticate } from '../../shared/auth/authenticate.ts';
import { systemClock } from '../../shared/clock.ts';
import { createHttpApp } from '../../shared/http/app.ts';
import { auditRoutes } from '../../shared/http/audit.ts';
import { meRoutes } from '../../shared/http/me.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import type { Routes } from '../../shared/http/route.ts';

/** Nothing is behind the door. */
const NOTHING = {} as never;

export function createApps(authenticate: Authenticate): { node: Routes; hub: Routes } {
  const common = {
    info: { title: 'test', version: '1', description: '' },
    ...{ authenticate, recordRefusal: async () => undefined, logger: pino({ enabled: false }), checks: {} },
    stopping: new AbortController().signal,
  };
  const nodeRoutes = [
    importRoutes(NOTHING),
    caseRoutes(NOTHING),
    traceRoutes(NOTHING),
    breakGlassRoutes(NOTHING),
    serviceAccountRoutes(NOTHING),
    budgetRoutes(NOTHING),
    auditRoutes(NOTHING, 'audit.read'),
    meRoutes({ clock: systemClock }),
  ];
  const hubRoutes = [
    hubTraceRoutes(NOTHING),
    provinceRoutes(NOTHING),
    ruleRoutes(NOTHING),
    keyRoutes(NOTHING),
    auditRoutes(NOTHING, 'hub.audit.read'),
    meRoutes({ clock: systemClock }),
  ];
  return {
    node: createHttpApp({ ...common, routes: nodeRoutes, metrics: createMetrics('node-24') }),
    hub: createHttpApp({ ...common, routes: hubRoutes, metrics: createMetrics('hub') }),
  };
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
