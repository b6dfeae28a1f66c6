/**
 * All HTTP routes of a node's features, in one list that the program and the tests of access walk alike: a
 * feature that is not in it is not served. Builds nothing but the routes; what they work with comes from
 * app.ts.
 */
import { auditRoutes } from '../shared/http/audit.ts';
import { restoreRoutes } from '../shared/http/audit-restores.ts';
import { meRoutes } from '../shared/http/me.ts';
import type { Routes } from '../shared/http/route.ts';
import { caseRoutes } from './casework/cases/http.ts';
import { breakGlassRoutes } from './desk/break-glass/http.ts';
import { serviceAccountRoutes } from './desk/service-accounts/http.ts';
import { budgetRoutes } from './federation/budgets/http.ts';
import { federationKeyRoutes } from './federation/keys/http.ts';
import { importRoutes } from './records/intake/http.ts';
import { contactRoutes } from './tracing/contacts/http.ts';
import { traceRoutes } from './tracing/openings/http.ts';

type ContextOf<F extends (ctx: never) => Routes> = Parameters<F>[0];

/** What the features' operations ask for. */
export type NodeRouteParts = ContextOf<typeof importRoutes> &
  ContextOf<typeof budgetRoutes> &
  ContextOf<typeof caseRoutes> &
  ContextOf<typeof traceRoutes> &
  ContextOf<typeof contactRoutes> &
  ContextOf<typeof breakGlassRoutes> &
  ContextOf<typeof serviceAccountRoutes> &
  Parameters<typeof restoreRoutes>[0] & {
    readonly federationKeys: ContextOf<typeof federationKeyRoutes>;
  };

/** The routes of every feature; those of signing in belong to the door. */
export function nodeRoutes(parts: NodeRouteParts): Routes[] {
  return [
    importRoutes(parts),
    budgetRoutes(parts),
    federationKeyRoutes(parts.federationKeys),
    caseRoutes(parts),
    traceRoutes(parts),
    contactRoutes(parts),
    breakGlassRoutes(parts),
    serviceAccountRoutes(parts),
    auditRoutes(parts, 'audit.read'),
    restoreRoutes(parts, 'audit.restore'),
    meRoutes(parts),
  ];
}
