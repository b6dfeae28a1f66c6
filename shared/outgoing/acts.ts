/**
 * The acts on what leaves the program, the same in node and hub.
 */
import type { ActTable } from '../acts/access.ts';
import { actsOf } from '../acts/act.ts';

const OPERATORS = {
  roles: ['operator', 'hub_operator'],
  reach: 'whole',
} as const satisfies Partial<ActTable[string]>;

export const OUTGOING_ACTS = {
  'outgoing.list': { ...OPERATORS, does: 'read', audit: null },
  'outgoing.retry': { ...OPERATORS, does: 'change', audit: 'outgoing.retried' },
  'outgoing.discard': { ...OPERATORS, does: 'change', audit: 'outgoing.discarded' },
} as const satisfies ActTable;

export const { change, read } = actsOf(OUTGOING_ACTS);
