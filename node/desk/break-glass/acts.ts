/**
 * Who may open a break-glass, and who sees and judges them all.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const BREAK_GLASS_ACTS = {
  'break_glass.open': {
    roles: ['ward_tracer', 'epidemiologist', 'lab'],
    reach: 'area',
    does: 'change',
    audit: 'break_glass.opened',
  },
  'break_glass.list': { roles: ['epidemiologist'], reach: 'whole', does: 'read', audit: 'break_glass.read' },
  'break_glass.review': {
    roles: ['epidemiologist'],
    reach: 'whole',
    does: 'change',
    audit: 'break_glass.reviewed',
  },
} as const satisfies ActTable;

export const { change, read } = actsOf(BREAK_GLASS_ACTS);
