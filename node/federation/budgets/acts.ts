/**
 * Who may see and set what provinces may ask.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const BUDGET_ACTS = {
  'budgets.read': { roles: ['operator'], reach: 'whole', does: 'read', audit: null },
  'budgets.change': { roles: ['operator'], reach: 'whole', does: 'change', audit: 'budgets.changed' },
} as const satisfies ActTable;

export const { change, read } = actsOf(BUDGET_ACTS);
