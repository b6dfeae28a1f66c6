/**
 * What the node's part in the federation tells through the feed.
 */
import { type FeedKind, feedKind } from '../../shared/feed/kinds.ts';

/** A rule pack of this number has come from the hub, and is kept. */
export const RULES_RECEIVED: FeedKind<number> = feedKind('rules.received');

export const FEDERATION_KINDS = [RULES_RECEIVED] as const;
