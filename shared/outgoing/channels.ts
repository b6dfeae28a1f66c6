/**
 * What leaves the program: channels, and the items that wait in them. A room declares the channel that it
 * sends on, and the sender of it; what an item says is ids and codes: whatever is personal is read when it is
 * sent, so that a row that waits tells nothing, and what was corrected meanwhile is sent as it is then.
 */

/** A channel: its name in the table, and the type of what its items say. */
export interface OutgoingChannel<Body> {
  readonly name: string;
  /** Never there: only its type means something. */
  readonly body?: Body;
}

/** The channel of a name: `webhooks`, `letters`. */
export function outgoingChannel<Body>(name: string): OutgoingChannel<Body> {
  return { name };
}

/** Something to be sent. */
export interface NewItem<Body> {
  /** Of the channel: what was enqueued under a key is not enqueued again for a month. */
  readonly key: string;
  /** What it is about: items about one thing are sent one after the other, in order. */
  readonly subject: string;
  /** Ids and codes; nothing personal. */
  readonly body: Body;
}

/** An item as its sender gets it. */
export interface OutgoingItem<Body> extends NewItem<Body> {
  /** Ascending within a subject. */
  readonly id: number;
  /** 1 at first. */
  readonly attempt: number;
}

/** What sends the items of one channel. */
export interface OutgoingSender<Body> {
  readonly channel: OutgoingChannel<Body>;
  /**
   * Sends one. `item.key` goes with it: after a crash, or a reply that was lost, the same item comes once
   * more, and the receiver knows it by its key. What is thrown is a failure, and it is tried again; a refusal
   * that would be the same again (`isFinalRefusal`) makes it a dead letter at once. Gives up when `signal`
   * aborts: whatever comes later is sent twice.
   */
  send(this: void, item: OutgoingItem<Body>, signal: AbortSignal): Promise<void>;
  /** How long one may take; 20 s unless told. */
  readonly withinMs?: number;
  /** How many are under way at once; 4 unless told. */
  readonly atOnce?: number;
  /** From a failure to the next try, each spread by a quarter: one try more than there are pauses. */
  readonly pausesMs?: readonly number[];
}

/** The sender of any channel. */
export type AnySender = OutgoingSender<unknown>;
