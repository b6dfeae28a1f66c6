/**
 * Who may import. Each kind of file is an act of its own, in one scope of service accounts.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

export const INTAKE_ACTS = {
  'imports.persons': {
    roles: ['integrator', 'operator'],
    reach: 'whole',
    does: 'change',
    audit: 'imports.stored',
    scope: 'imports.write',
  },
  'imports.places': {
    roles: ['integrator', 'operator'],
    reach: 'whole',
    does: 'change',
    audit: 'imports.stored',
    scope: 'imports.write',
  },
  'imports.check-ins': {
    roles: ['integrator', 'operator'],
    reach: 'whole',
    does: 'change',
    audit: 'imports.stored',
    scope: 'imports.write',
  },
  'imports.encounters': {
    roles: ['integrator', 'operator'],
    reach: 'whole',
    does: 'change',
    audit: 'imports.stored',
    scope: 'imports.write',
  },
} as const satisfies ActTable;

export const { changeInSteps } = actsOf(INTAKE_ACTS);
