/**
 * The acts that both programs have for everybody: asking what one may do oneself, and what areas are called.
 */
import { type ActTable, ROLES } from './access.ts';

export const ME_ACTS = {
  'me.read': { roles: ROLES, reach: 'area', does: 'read', audit: null },
  'areas.read': { roles: ROLES, reach: 'area', does: 'read', audit: null },
} as const satisfies ActTable;
