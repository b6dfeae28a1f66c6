/**
 * Who may invite, approve, turn away and revoke provinces.
 */
import type { ActTable } from '../../shared/acts/access.ts';
import { actsOf } from '../../shared/acts/act.ts';

export const ENROLMENT_ACTS = {
  'invitations.make': { roles: ['hub_operator'], reach: 'whole', does: 'change', audit: 'invitation.made' },
  'enrolments.list': { roles: ['hub_operator'], reach: 'whole', does: 'read', audit: null },
  'enrolments.export': { roles: ['hub_operator'], reach: 'whole', does: 'read', audit: null },
  'enrolments.approve': {
    roles: ['hub_operator'],
    reach: 'whole',
    does: 'change',
    audit: 'enrolment.approved',
  },
  'enrolments.reject': {
    roles: ['hub_operator'],
    reach: 'whole',
    does: 'change',
    audit: 'enrolment.rejected',
  },
  'provinces.revoke': { roles: ['hub_operator'], reach: 'whole', does: 'change', audit: 'province.revoked' },
} as const satisfies ActTable;

export const { change, read } = actsOf(ENROLMENT_ACTS);
