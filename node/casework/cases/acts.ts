/**
 * Who may enter, read and correct cases.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const CASE_ACTS = {
  'cases.enter': {
    roles: ['epidemiologist', 'lab', 'integrator'],
    reach: 'area',
    does: 'change',
    audit: 'cases.entered',
    scope: 'cases.write',
  },
  'cases.list': {
    roles: ['epidemiologist', 'lab'],
    reach: 'area',
    does: 'read',
    audit: 'cases.read',
    breakGlass: true,
  },
  'cases.read': {
    roles: ['epidemiologist', 'lab'],
    reach: 'area',
    does: 'read',
    audit: 'cases.read',
    breakGlass: true,
  },
  'cases.correct': {
    roles: ['epidemiologist', 'lab', 'integrator'],
    reach: 'area',
    does: 'change',
    audit: 'cases.corrected',
    scope: 'cases.write',
  },
} as const satisfies ActTable;

export const { change, read } = actsOf(CASE_ACTS);
