/**
 * Who may find, correct and withdraw records of people, and decide about those that wait.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const RECORD_ACTS = {
  'records.find': {
    roles: ['epidemiologist', 'ward_tracer'],
    reach: 'area',
    does: 'read',
    audit: 'records.read',
    breakGlass: true,
  },
  'records.correct': {
    roles: ['epidemiologist', 'integrator'],
    reach: 'area',
    does: 'change',
    audit: 'records.corrected',
  },
  'records.withdraw': {
    roles: ['epidemiologist', 'integrator'],
    reach: 'area',
    does: 'change',
    audit: 'records.withdrawn',
  },
  'records.waiting': {
    roles: ['epidemiologist'],
    reach: 'area',
    does: 'read',
    audit: 'records.read',
  },
  'records.confirm': {
    roles: ['epidemiologist'],
    reach: 'area',
    does: 'change',
    audit: 'records.confirmed',
  },
  'records.reject': {
    roles: ['epidemiologist'],
    reach: 'area',
    does: 'change',
    audit: 'records.rejected',
  },
} as const satisfies ActTable;

export const { change, read } = actsOf(RECORD_ACTS);
