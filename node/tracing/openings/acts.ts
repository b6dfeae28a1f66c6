/**
 * Who may open, see and close traces of this province.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const TRACE_ACTS = {
  'traces.open': { roles: ['epidemiologist'], reach: 'area', does: 'change', audit: 'traces.opened' },
  'traces.list': {
    roles: ['epidemiologist', 'ward_tracer', 'operator'],
    reach: 'area',
    does: 'read',
    audit: 'traces.read',
    breakGlass: true,
  },
  'traces.read': {
    roles: ['epidemiologist', 'ward_tracer', 'operator'],
    reach: 'area',
    does: 'read',
    audit: 'traces.read',
    breakGlass: true,
  },
  'traces.watch': {
    roles: ['epidemiologist', 'ward_tracer', 'operator'],
    reach: 'area',
    does: 'read',
    audit: 'traces.read',
    breakGlass: true,
  },
  'traces.close': { roles: ['epidemiologist'], reach: 'area', does: 'change', audit: 'traces.closed' },
} as const satisfies ActTable;

export const { change, read } = actsOf(TRACE_ACTS);
