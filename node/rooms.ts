/**
 * The rooms of a node, one line each: a feature that is not in this list is not served, and nobody may do
 * its acts. The program, the documentation and the tests of access walk it alike. Builds nothing; what the
 * routes work with comes from app.ts.
 */
import { type ActTable, NODE_ROLES } from '../shared/acts/access.ts';
import { ME_ACTS } from '../shared/acts/me.ts';
import { AUDIT_ACTS, AUDIT_RESTORE_ACTS } from '../shared/audit/acts.ts';
import type { AnyKind } from '../shared/feed/kinds.ts';
import { auditRoutes } from '../shared/http/audit.ts';
import { restoreRoutes } from '../shared/http/audit-restores.ts';
import { meRoutes } from '../shared/http/me.ts';
import { outgoingRoutes } from '../shared/http/outgoing.ts';
import { actsOfRooms, inside, kindsOfRooms, type PartsOf, type Room, routesOf } from '../shared/http/room.ts';
import type { Routes } from '../shared/http/route.ts';
import { OUTGOING_ACTS } from '../shared/outgoing/acts.ts';
import { CASE_ACTS } from './casework/cases/acts.ts';
import { caseRoutes } from './casework/cases/http.ts';
import { FOLLOW_UP_ACTS } from './casework/follow-ups/acts.ts';
import { followUpRoutes } from './casework/follow-ups/http.ts';
import { BREAK_GLASS_ACTS } from './desk/break-glass/acts.ts';
import { breakGlassRoutes } from './desk/break-glass/http.ts';
import { SERVICE_ACCOUNT_ACTS } from './desk/service-accounts/acts.ts';
import { serviceAccountRoutes } from './desk/service-accounts/http.ts';
import { BUDGET_ACTS } from './federation/budgets/acts.ts';
import { budgetRoutes } from './federation/budgets/http.ts';
import { FEDERATION_KEY_ACTS } from './federation/keys/acts.ts';
import { federationKeyRoutes } from './federation/keys/http.ts';
import { FEDERATION_KINDS } from './federation/kinds.ts';
import { RECORD_ACTS } from './records/corrections/acts.ts';
import { recordRoutes } from './records/corrections/http.ts';
import { INTAKE_ACTS } from './records/intake/acts.ts';
import { importRoutes } from './records/intake/http.ts';
import { RECORD_KINDS } from './records/kinds.ts';
import { CONTACT_ACTS } from './tracing/contacts/acts.ts';
import { contactRoutes } from './tracing/contacts/http.ts';
import { CONTACT_KINDS, TRACE_KINDS } from './tracing/kinds.ts';
import { TRACE_ACTS } from './tracing/openings/acts.ts';
import { traceRoutes } from './tracing/openings/http.ts';

const ROOMS = [
  { acts: INTAKE_ACTS, routes: importRoutes, kinds: RECORD_KINDS },
  { acts: RECORD_ACTS, routes: recordRoutes },
  { acts: CASE_ACTS, routes: caseRoutes },
  { acts: TRACE_ACTS, routes: traceRoutes, kinds: TRACE_KINDS },
  { acts: CONTACT_ACTS, routes: contactRoutes, kinds: CONTACT_KINDS },
  { acts: FOLLOW_UP_ACTS, routes: followUpRoutes },
  { acts: BUDGET_ACTS, routes: budgetRoutes },
  {
    ...{ acts: FEDERATION_KEY_ACTS, kinds: FEDERATION_KINDS },
    routes: inside('federationKeys', federationKeyRoutes),
  },
  { acts: BREAK_GLASS_ACTS, routes: breakGlassRoutes },
  { acts: SERVICE_ACCOUNT_ACTS, routes: serviceAccountRoutes },
  { acts: AUDIT_ACTS, routes: auditRoutes },
  { acts: AUDIT_RESTORE_ACTS, routes: restoreRoutes },
  { acts: OUTGOING_ACTS, routes: outgoingRoutes },
  { acts: ME_ACTS, routes: meRoutes },
] as const satisfies readonly Room<never>[];

/** All that can be done at a node, and by whom. */
export const NODE_ACTS: ActTable = actsOfRooms(ROOMS, NODE_ROLES);

/** All that a node tells through its feed. */
export const NODE_KINDS: readonly AnyKind[] = kindsOfRooms(ROOMS);

/** What the rooms' operations ask for. */
export type NodeRouteParts = Omit<PartsOf<typeof ROOMS>, 'acts'>;

/** The routes of every room; those of signing in belong to the door. */
export function nodeRoutes(parts: NodeRouteParts): Routes[] {
  return routesOf(ROOMS, { ...parts, acts: NODE_ACTS });
}
