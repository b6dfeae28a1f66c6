/**
 * The acts on the audit log, the same in node and hub.
 */
import type { ActTable } from '../acts/access.ts';
import { actsOf } from '../acts/act.ts';

export const AUDIT_ACTS = {
  'audit.read': {
    roles: ['epidemiologist', 'operator', 'hub_operator'],
    ...{ reach: 'whole', does: 'read', audit: 'audit.read' },
  },
} as const satisfies ActTable;

export const AUDIT_RESTORE_ACTS = {
  'audit.restore': {
    roles: ['operator', 'hub_operator'],
    ...{ reach: 'whole', does: 'change', audit: 'audit.restore_accepted' },
  },
} as const satisfies ActTable;

export const { change, read } = actsOf({ ...AUDIT_ACTS, ...AUDIT_RESTORE_ACTS });
