/**
 * Who may see, make, approve and rotate the federation key.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const FEDERATION_KEY_ACTS = {
  'federation_key.newcomers': { roles: ['operator'], reach: 'whole', does: 'read', audit: null },
  'federation_key.read': { roles: ['operator'], reach: 'whole', does: 'read', audit: null },
  'federation_key.create': {
    roles: ['operator'],
    reach: 'whole',
    does: 'change',
    audit: 'federation_key.created',
  },
  'federation_key.rotate': {
    roles: ['operator'],
    reach: 'whole',
    does: 'change',
    audit: 'federation_key.rotated',
  },
  'federation_key.approve': {
    roles: ['operator'],
    reach: 'whole',
    does: 'change',
    audit: 'federation_key.approved',
  },
} as const satisfies ActTable;

export const { changeInSteps, read } = actsOf(FEDERATION_KEY_ACTS);
