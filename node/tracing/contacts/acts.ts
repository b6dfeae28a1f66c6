/**
 * Who may see the contacts of a trace, and who may take them away as a file.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const CONTACT_ACTS = {
  'contacts.list': {
    roles: ['epidemiologist', 'ward_tracer'],
    reach: 'area',
    does: 'read',
    audit: 'contacts.read',
    breakGlass: true,
  },
  'contacts.export': {
    roles: ['epidemiologist', 'ward_tracer'],
    reach: 'area',
    does: 'read',
    audit: 'contacts.exported',
  },
} as const satisfies ActTable;

export const { read } = actsOf(CONTACT_ACTS);
