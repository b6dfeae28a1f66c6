/**
 * What changes in a trace while somebody watches it, as far as they may see it. The looks at it are those of
 * all who watch (`WatchedTraces`); rights are looked up for each watcher, at every change and every RENEW_MS.
 */
import type { Caller } from '../../../shared/acts/access.ts';
import type { Leave } from '../../../shared/acts/act.ts';
import { toAppError } from '../../../shared/errors.ts';
import { requireTrace } from './operations.ts';
import { showStanding } from './standing.ts';
import type { TraceStatus } from './status.ts';
import {
  type Sight,
  substanceOf,
  type WatchedCtx,
  type WatchedTrace,
  type WatchedTraces,
} from './watched.ts';

/** A change of state, a change of anything else, or other contacts at this province than before. */
export interface TraceChange {
  readonly caller: Caller;
  readonly leave: Leave;
  readonly kind: 'state' | 'progress' | 'contacts';
  readonly trace: TraceStatus;
}

export interface Watched {
  readonly id: string;
  /** From `beginWatch`. */
  readonly leave: Leave;
  /** The watcher with the rights that they have now; rejects when they have none any more. */
  readonly renew: () => Promise<Caller>;
}

/** How long a watcher goes on with rights that have ended, while nothing changes. */
const RENEW_MS = 2_000;

/**
 * The state of now, then every change, until `over` aborts. Throws NOT_FOUND NO_SUCH_TRACE, and what `decide`
 * throws, at the step at which the caller no longer sees the trace: the token or a break-glass has ended.
 */
export async function* watchTrace(
  ctx: WatchedCtx & { readonly watchedTraces: WatchedTraces },
  { id, renew, leave: begun }: Watched,
  over: AbortSignal,
): AsyncGenerator<TraceChange> {
  let nap = new AbortController();
  const wake = () => nap.abort();
  over.addEventListener('abort', wake);
  await using watched = ctx.watchedTraces.join(id, wake);
  let before: { readonly trace: TraceStatus; readonly contacts: number } | undefined;
  while (!over.aborted) {
    nap = new AbortController();
    const caller = await renew();
    const leave = begun.renewed(caller);
    const { own } = await requireTrace(ctx, leave, id);
    const sight = latest(watched);
    if (sight) {
      const [trace, contacts] = [showStanding(ctx, sight.standing, { own }), sight.contacts];
      const kind = changeOf(before?.trace, trace);
      if (kind) yield { kind, trace, caller, leave };
      if (contacts !== before?.contacts) yield { kind: 'contacts', trace, caller, leave };
      before = { trace, contacts };
    }
    if (!over.aborted) await ctx.clock.sleep(RENEW_MS, nap.signal);
  }
}

/** A hub that is away is waited for. */
function latest(watched: WatchedTrace): Sight | undefined {
  try {
    return watched.latest();
  } catch (error) {
    if (toAppError(error).code === 'UNAVAILABLE') return undefined;
    throw error;
  }
}

function changeOf(before: TraceStatus | undefined, now: TraceStatus): 'state' | 'progress' | undefined {
  if (before?.state !== now.state) return 'state';
  return substanceOf(before) === substanceOf(now) ? undefined : 'progress';
}
