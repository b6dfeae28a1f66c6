/**
 * Who may see the rule packs that the hub issues.
 */
import type { ActTable } from '../../shared/acts/access.ts';
import { actsOf } from '../../shared/acts/act.ts';

export const RULE_ACTS = {
  'rules.list': { roles: ['hub_operator', 'analyst'], reach: 'whole', does: 'read', audit: null },
} as const satisfies ActTable;

export const { read } = actsOf(RULE_ACTS);
