/**
 * Who may hold the hub's log against those of the provinces.
 */
import type { ActTable } from '../../shared/acts/access.ts';
import { actsOf } from '../../shared/acts/act.ts';

export const RECONCILE_ACTS = {
  'audit.reconcile': { roles: ['hub_operator'], reach: 'whole', does: 'read', audit: 'audit.reconciled' },
} as const satisfies ActTable;

export const { read } = actsOf(RECONCILE_ACTS);
