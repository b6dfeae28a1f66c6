/**
 * What tracing tells through the feed.
 */
import { type FeedKind, feedKind } from '../../shared/feed/kinds.ts';

/** These traces of this province have something that the hub must hear. */
export const TRACES_TO_SEND: FeedKind<readonly string[]> = feedKind('traces.to_send');

/** A delivery of contacts of this trace was applied. */
export const CONTACTS_DELIVERED: FeedKind<string> = feedKind('contacts.delivered');

/** What each room of tracing tells. */
export const TRACE_KINDS = [TRACES_TO_SEND] as const;
export const CONTACT_KINDS = [CONTACTS_DELIVERED] as const;
