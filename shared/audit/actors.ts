/**
 * The programs of the federation as actors of the audit log, named as their certificates name them.
 */
import type { Actor } from './record.ts';

/** The hub, at a node. */
export const HUB_ACTOR: Actor = { kind: 'hub', id: 'hub' };

/** A province's node, at the hub. */
export function nodeActor(province: string): Actor {
  return { kind: 'node', id: `node/${province}` };
}

/** The hub itself, in its own log. */
export const HUB_PROGRAM: Actor = { kind: 'program', id: 'hub' };

/** A node itself, in its own log. */
export const NODE_PROGRAM: Actor = { kind: 'program', id: 'node' };
