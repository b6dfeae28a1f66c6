/**
 * Who at the hub may see traces, and leave a province out of one.
 */
import type { ActTable } from '../../shared/acts/access.ts';
import { actsOf } from '../../shared/acts/act.ts';

export const TRACE_ACTS = {
  'traces.list': { roles: ['hub_operator', 'analyst'], reach: 'whole', does: 'read', audit: 'traces.read' },
  'traces.read': { roles: ['hub_operator', 'analyst'], reach: 'whole', does: 'read', audit: 'traces.read' },
  'graph.read': { roles: ['hub_operator'], reach: 'whole', does: 'read', audit: 'graph.read' },
  'exclusions.set': { roles: ['hub_operator'], reach: 'whole', does: 'change', audit: 'exclusions.changed' },
  'exclusions.clear': {
    roles: ['hub_operator'],
    reach: 'whole',
    does: 'change',
    audit: 'exclusions.changed',
  },
} as const satisfies ActTable;

export const { change, read } = actsOf(TRACE_ACTS);
