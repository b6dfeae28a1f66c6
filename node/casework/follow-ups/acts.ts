/**
 * Who may see and do what of contacts' work: tracers of the desk, and their supervisors, the epidemiologists,
 * who alone give somebody up, exempt, cancel and open again.
 */
import type { ActTable } from '../../../shared/acts/access.ts';
import { actsOf } from '../../../shared/acts/act.ts';

const DESK = ['ward_tracer', 'epidemiologist'] as const;
const SUPERVISOR = ['epidemiologist'] as const;

const reading = (audit: `${string}.${string}`) =>
  ({ roles: DESK, reach: 'area', does: 'read', breakGlass: true, audit }) as const;
const changing = (audit: `${string}.${string}`) =>
  ({ roles: DESK, reach: 'area', does: 'change', audit }) as const;
const supervising = (audit: `${string}.${string}`) =>
  ({ roles: SUPERVISOR, reach: 'area', does: 'change', audit }) as const;

export const FOLLOW_UP_ACTS = {
  'tasks.list': reading('tasks.read'),
  'tasks.read': reading('tasks.read'),
  'tasks.claim': changing('tasks.claimed'),
  'tasks.release': changing('tasks.released'),
  'tasks.outcome': changing('tasks.called'),
  'tasks.done': changing('tasks.done'),
  'tasks.cancel': supervising('tasks.cancelled'),
  'follow_ups.list': reading('follow_ups.read'),
  'follow_ups.read': reading('follow_ups.read'),
  'follow_ups.reach': changing('follow_ups.reached'),
  'follow_ups.quarantine': changing('follow_ups.quarantined'),
  'follow_ups.exempt': changing('follow_ups.exempted'),
  'follow_ups.report': changing('follow_ups.reported'),
  'follow_ups.end_quarantine': changing('follow_ups.quarantine_ended'),
  'follow_ups.release': changing('follow_ups.released'),
  'follow_ups.refuse': changing('follow_ups.refused'),
  'follow_ups.die': changing('follow_ups.died'),
  'follow_ups.refile': changing('follow_ups.refiled'),
  'follow_ups.lose': supervising('follow_ups.lost'),
  'follow_ups.reopen': supervising('follow_ups.reopened'),
  'follow_ups.cancel': supervising('follow_ups.cancelled'),
} as const satisfies ActTable;

export type FollowUpAct = keyof typeof FOLLOW_UP_ACTS;

export const { change, read } = actsOf(FOLLOW_UP_ACTS);
