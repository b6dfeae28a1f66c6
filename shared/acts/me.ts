/**
 * The act that both programs have for everybody: asking what one may do oneself.
 */
import { type ActTable, ROLES } from './access.ts';

export const ME_ACTS = {
  'me.read': { roles: ROLES, reach: 'area', does: 'read', audit: null },
} as const satisfies ActTable;
