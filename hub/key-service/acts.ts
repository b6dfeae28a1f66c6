/**
 * Who may see and set the key service's budgets, and rotate its key.
 */
import type { ActTable } from '../../shared/acts/access.ts';
import { actsOf } from '../../shared/acts/act.ts';

export const KEY_BUDGET_ACTS = {
  'key_budgets.read': { roles: ['hub_operator'], reach: 'whole', does: 'read', audit: null },
  'key_budgets.change': { roles: ['hub_operator'], reach: 'whole', does: 'change', audit: 'budgets.changed' },
  'oprf_key.read': { roles: ['hub_operator'], reach: 'whole', does: 'read', audit: null },
  'oprf_key.rotate': { roles: ['hub_operator'], reach: 'whole', does: 'change', audit: 'oprf_key.rotated' },
  'oprf_key.leave_behind': {
    roles: ['hub_operator'],
    reach: 'whole',
    does: 'change',
    audit: 'oprf_key.left_behind',
  },
} as const satisfies ActTable;

export const { change, read } = actsOf(KEY_BUDGET_ACTS);
