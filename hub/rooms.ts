/**
 * All HTTP routes of the hub's features, in one list that the program and the tests of access walk alike: a
 * feature that is not in it is not served. Builds nothing but the routes; what they work with comes from
 * app.ts.
 */
import { auditRoutes } from '../shared/http/audit.ts';
import { restoreRoutes } from '../shared/http/audit-restores.ts';
import { meRoutes } from '../shared/http/me.ts';
import type { Routes } from '../shared/http/route.ts';
import { reconcileRoutes } from './audit/http.ts';
import { enrolmentRoutes } from './enrolment/http.ts';
import { keyRoutes } from './key-service/http.ts';
import { ruleRoutes } from './packs/http.ts';
import { provinceRoutes } from './provinces/http.ts';
import { traceRoutes } from './traces/http.ts';

type ContextOf<F extends (ctx: never) => Routes> = Parameters<F>[0];

/** What the features' operations ask for. */
export type HubRouteParts = ContextOf<typeof provinceRoutes> &
  ContextOf<typeof ruleRoutes> &
  ContextOf<typeof keyRoutes> &
  ContextOf<typeof reconcileRoutes> &
  Parameters<typeof restoreRoutes>[0] & {
    readonly traces: ContextOf<typeof traceRoutes>;
    readonly enrolment: ContextOf<typeof enrolmentRoutes>;
  };

/** The routes of every feature; those of signing in belong to the door. */
export function hubRoutes(parts: HubRouteParts): Routes[] {
  return [
    traceRoutes(parts.traces),
    provinceRoutes(parts),
    ruleRoutes(parts),
    keyRoutes(parts),
    auditRoutes(parts, 'hub.audit.read'),
    meRoutes(parts),
    reconcileRoutes(parts),
    restoreRoutes(parts, 'hub.audit.restore'),
    enrolmentRoutes(parts.enrolment),
  ];
}
