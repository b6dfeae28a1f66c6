/**
 * Who may see the contacts of a trace, take them away as a file, or take one over from another province.
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
  'contacts.take_over': {
    roles: ['epidemiologist', 'ward_tracer'],
    reach: 'area',
    does: 'change',
    audit: 'contacts.taken_over',
  },
} as const satisfies ActTable;

export const { change, read } = actsOf(CONTACT_ACTS);
