/**
 * What leaves a node by the table `outgoing`: each room's sender.
 */
import type { Clock } from '../shared/clock.ts';
import type { Database } from '../shared/db/database.ts';
import type { AnySender } from '../shared/outgoing/channels.ts';
import type { HubLink } from './federation/hub/hub.ts';
import { hubTakeOvers } from './tracing/contacts/hub.ts';
import { takeOverSender } from './tracing/contacts/taking-over.ts';

export interface SendersCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly hub: Pick<HubLink, 'client'>;
}

/** All of them, for the loop (shared/outgoing). */
export function sendersOf({ hub, ...ctx }: SendersCtx): AnySender[] {
  return [takeOverSender({ ...ctx, hub: hubTakeOvers(hub.client) })];
}
