/**
 * What changes in a trace while somebody watches it. What changes here is told by the feed; the hub is asked
 * again and again, because it only answers: watchers of one trace share nothing but the hub's patience, so
 * the pace is slow once nothing is under way.
 */
import type { Caller } from '../../../shared/acts/access.ts';
import type { Leave } from '../../../shared/acts/act.ts';
import type { Clock } from '../../../shared/clock.ts';
import { toAppError } from '../../../shared/errors.ts';
import { contactsVersion } from '../contacts/operations.ts';
import { CONTACTS_DELIVERED, TRACES_TO_SEND } from '../kinds.ts';
import { peekTrace, type TracesCtx } from './operations.ts';
import type { TraceStatus } from './status.ts';

/** A change of state, a change of anything else, or other contacts at this province than before. */
export type TraceChange = { readonly caller: Caller; readonly leave: Leave } & (
  | { readonly kind: 'state' | 'progress'; readonly trace: TraceStatus }
  | { readonly kind: 'contacts' }
);

export interface Watched {
  readonly id: string;
  /** From `beginWatch`. */
  readonly leave: Leave;
  /** The watcher with the rights that they have now; rejects when they have none any more. */
  readonly renew: () => Promise<Caller>;
}

const BUSY_MS = 200;
const IDLE_MS = 2_000;

/**
 * The state of now, then every change, until `over` aborts. Throws NOT_FOUND NO_SUCH_TRACE, and what `decide`
 * throws, at the step at which the caller no longer sees the trace: the token or a break-glass has ended.
 */
export async function* watchTrace(
  ctx: TracesCtx & { clock: Clock },
  { id, renew, leave: begun }: Watched,
  over: AbortSignal,
): AsyncGenerator<TraceChange> {
  let before: TraceStatus | undefined;
  let nap = new AbortController();
  const wake = () => nap.abort();
  const unhear = ctx.feed.wakes([TRACES_TO_SEND, CONTACTS_DELIVERED], wake);
  over.addEventListener('abort', wake);
  let delivery = -1;
  try {
    while (!over.aborted) {
      nap = new AbortController();
      const caller = await renew();
      const leave = begun.renewed(caller);
      const trace = await peekTrace(ctx, leave, id).catch((error: unknown) => {
        // A hub that goes away meanwhile is waited for.
        if (before === undefined || toAppError(error).code !== 'UNAVAILABLE') throw error;
        return before;
      });
      const kind = changeOf(before, trace);
      if (kind) yield { kind, trace, caller, leave };
      const version = await contactsVersion(ctx, id);
      if (version !== delivery) yield { kind: 'contacts', caller, leave };
      [before, delivery] = [trace, version];
      if (!over.aborted) await ctx.clock.sleep(isBusy(trace) ? BUSY_MS : IDLE_MS, nap.signal);
    }
  } finally {
    unhear();
    over.removeEventListener('abort', wake);
  }
}

function changeOf(before: TraceStatus | undefined, now: TraceStatus): 'state' | 'progress' | undefined {
  if (before?.state !== now.state) return 'state';
  return substance(before) === substance(now) ? undefined : 'progress';
}

/** Time that passes is no progress. */
function substance(trace: TraceStatus): string {
  return JSON.stringify({ ...trace, elapsedMs: 0 });
}

function isBusy({ state }: TraceStatus): boolean {
  return state === 'queued' || state === 'running';
}
