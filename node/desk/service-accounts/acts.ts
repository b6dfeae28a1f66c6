/**
 * Who may make, see and end service accounts.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const SERVICE_ACCOUNT_ACTS = {
  'service_accounts.create': {
    roles: ['operator'],
    reach: 'whole',
    does: 'change',
    audit: 'service_accounts.created',
  },
  'service_accounts.list': {
    roles: ['operator'],
    reach: 'whole',
    does: 'read',
    audit: 'service_accounts.read',
  },
  'service_accounts.revoke': {
    roles: ['operator'],
    reach: 'whole',
    does: 'change',
    audit: 'service_accounts.revoked',
  },
} as const satisfies ActTable;

export const { change, read } = actsOf(SERVICE_ACCOUNT_ACTS);
