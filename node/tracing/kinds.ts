/**
 * What tracing tells through the feed.
 */
import { type FeedKind, feedKind } from '../../shared/feed/kinds.ts';

/** These traces of this province have something that the hub must hear. */
export const TRACES_TO_SEND: FeedKind<readonly string[]> = feedKind('traces.to_send');

/** A delivery of contacts of this trace was applied. */
export const CONTACTS_DELIVERED: FeedKind<string> = feedKind('contacts.delivered');

/**
 * Contacts of a trace were assigned to this province, changed or withdrawn: at most CONTACTS_AN_EVENT of
 * them, by their ids; `readAssigned` of contacts/operations.ts says how they are now.
 */
export interface AssignedContacts {
  readonly trace: string;
  readonly direction: 'forward' | 'backward';
  readonly contacts: readonly string[];
}

export const CONTACT_ASSIGNED: FeedKind<AssignedContacts> = feedKind('contact.assigned');
/** So that whoever acts on them acts in short transactions. */
export const CONTACTS_AN_EVENT = 1_000;

/** What each room of tracing tells. */
export const TRACE_KINDS = [TRACES_TO_SEND] as const;
export const CONTACT_KINDS = [CONTACTS_DELIVERED, CONTACT_ASSIGNED] as const;
