/**
 * The rooms of the hub, one line each: a feature that is not in this list is not served, and nobody may do
 * its acts. The program, the documentation and the tests of access walk it alike. Builds nothing; what the
 * routes work with comes from app.ts.
 */
import { type ActTable, HUB_ROLES } from '../shared/acts/access.ts';
import { ME_ACTS } from '../shared/acts/me.ts';
import { AUDIT_ACTS, AUDIT_RESTORE_ACTS } from '../shared/audit/acts.ts';
import { auditRoutes } from '../shared/http/audit.ts';
import { restoreRoutes } from '../shared/http/audit-restores.ts';
import { meRoutes } from '../shared/http/me.ts';
import { outgoingRoutes } from '../shared/http/outgoing.ts';
import { actsOfRooms, inside, type PartsOf, type Room, routesOf } from '../shared/http/room.ts';
import type { Routes } from '../shared/http/route.ts';
import { OUTGOING_ACTS } from '../shared/outgoing/acts.ts';
import { RECONCILE_ACTS } from './audit/acts.ts';
import { reconcileRoutes } from './audit/http.ts';
import { ENROLMENT_ACTS } from './enrolment/acts.ts';
import { enrolmentRoutes } from './enrolment/http.ts';
import { KEY_BUDGET_ACTS } from './key-service/acts.ts';
import { keyRoutes } from './key-service/http.ts';
import { RULE_ACTS } from './packs/acts.ts';
import { ruleRoutes } from './packs/http.ts';
import { PROVINCE_ACTS } from './provinces/acts.ts';
import { provinceRoutes } from './provinces/http.ts';
import { TRACE_ACTS } from './traces/acts.ts';
import { traceRoutes } from './traces/http.ts';

const ROOMS = [
  { acts: TRACE_ACTS, routes: inside('traces', traceRoutes) },
  { acts: PROVINCE_ACTS, routes: provinceRoutes },
  { acts: ENROLMENT_ACTS, routes: inside('enrolment', enrolmentRoutes) },
  { acts: RULE_ACTS, routes: ruleRoutes },
  { acts: KEY_BUDGET_ACTS, routes: keyRoutes },
  { acts: RECONCILE_ACTS, routes: reconcileRoutes },
  { acts: AUDIT_ACTS, routes: auditRoutes },
  { acts: AUDIT_RESTORE_ACTS, routes: restoreRoutes },
  { acts: OUTGOING_ACTS, routes: outgoingRoutes },
  { acts: ME_ACTS, routes: meRoutes },
] as const satisfies readonly Room<never>[];

/** All that can be done at the hub, and by whom. */
export const HUB_ACTS: ActTable = actsOfRooms(ROOMS, HUB_ROLES);

/** What the rooms' operations ask for. */
export type HubRouteParts = Omit<PartsOf<typeof ROOMS>, 'acts'>;

/** The routes of every room; those of signing in belong to the door. */
export function hubRoutes(parts: HubRouteParts): Routes[] {
  return routesOf(ROOMS, { ...parts, acts: HUB_ACTS });
}
