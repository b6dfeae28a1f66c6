/**
 * Kinds of events. A room declares the kinds that it emits, beside its tables, and rooms.ts lists them; who
 * reads one knows by its type what is in it.
 */

/** A kind of event: its name in the feed, and the type of what its events say. */
export interface FeedKind<Body> {
  readonly name: string;
  /** Never there: only its type means something. */
  readonly body?: Body;
}

/** Any kind. */
export type AnyKind = FeedKind<unknown>;

/**
 * The kind of a name, `subject.happened`. Of what changed its events say ids, codes and wards, of what moved
 * the old place too, and never anything personal.
 */
export function feedKind<Body>(name: string): FeedKind<Body> {
  return { name };
}

/** An event as it is read. */
export interface FeedEvent {
  /** Events about one subject have ids in the order of the commits. */
  readonly id: number;
  readonly kind: string;
  /** When its transaction began, epoch seconds. */
  readonly at: number;
  readonly body: unknown;
}

/** What the event says, if it is of this kind. */
export function bodyOf<Body>(event: FeedEvent, kind: FeedKind<Body>): Body | undefined {
  return event.kind === kind.name ? (event.body as Body) : undefined;
}
