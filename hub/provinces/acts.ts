/**
 * Who may see the enrolled provinces.
 */
import type { ActTable } from '../../shared/acts/access.ts';
import { actsOf } from '../../shared/acts/act.ts';

export const PROVINCE_ACTS = {
  'provinces.list': { roles: ['hub_operator', 'analyst'], reach: 'whole', does: 'read', audit: null },
} as const satisfies ActTable;

export const { read } = actsOf(PROVINCE_ACTS);
