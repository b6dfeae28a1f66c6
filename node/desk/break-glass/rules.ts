/**
 * What may be asked for when somebody must read beyond the own area, and how it goes on: it ends by itself, a
 * supervisor reviews it once. Pure.
 */
import type { Machine } from '../../../shared/domain/machine.ts';

export const MAX_MINUTES = 180;
/** Characters of a reason: less says nothing, more is a file. */
export const REASON_LENGTH = { min: 10, max: 500 };
/** Of one person at the same time. */
export const MAX_OPEN = 5;

/** What a supervisor thinks of it afterwards; `unjustified` ends what is still open. */
export const VERDICTS = ['justified', 'unjustified'] as const;

export type Verdict = (typeof VERDICTS)[number];

export type BreakGlassState = 'open' | 'ended' | 'reviewed';
export type BreakGlassCommand = 'open' | 'review';

/** What is known of a break-glass and of who does something with it. */
export interface BreakGlassFacts {
  /** Whether the area lies in the caller's own already. */
  readonly inOwnArea?: boolean;
  /** How many of the caller's are open. */
  readonly openAlready?: number;
  /** Whether the caller opened it. */
  readonly own?: boolean;
  /** Whether its time is not over. */
  readonly running?: boolean;
  readonly verdict?: Verdict;
  /** Whether the caller has given this very verdict. */
  readonly verdictByCaller?: boolean;
}

/** `end_now`: what is still open is closed. */
export type BreakGlassEffect = 'end_now';

export const BREAK_GLASS: Machine<BreakGlassState, BreakGlassCommand, BreakGlassFacts, BreakGlassEffect> = {
  states: ['open', 'ended', 'reviewed'],
  commands: {
    open: {
      from: [],
      to: 'open',
      act: 'break_glass.open',
      guards: [
        {
          ...{ reason: 'ALREADY_IN_AREA', code: 'FAILED_PRECONDITION' },
          message: 'area: lies in your own',
          refuses: ({ inOwnArea }) => inOwnArea === true,
        },
        {
          ...{ reason: 'TOO_MANY_OPEN', code: 'RESOURCE_EXHAUSTED' },
          message: `${MAX_OPEN} are open already`,
          refuses: ({ openAlready = 0 }) => openAlready >= MAX_OPEN,
        },
      ],
    },
    review: {
      from: ['open', 'ended'],
      to: 'reviewed',
      act: 'break_glass.review',
      guards: [
        {
          ...{ reason: 'OWN_BREAK_GLASS', code: 'PERMISSION_DENIED' },
          message: 'nobody reviews their own',
          refuses: ({ own }) => own === true,
        },
      ],
      effects: ({ verdict, running }) => (verdict === 'unjustified' && running === true ? ['end_now'] : []),
      repeats: ({ verdictByCaller }) => verdictByCaller === true,
    },
  },
  passes: [{ from: 'open', to: 'ended' }],
};

/** How one stands at `now` (epoch seconds). */
export function stateOf(
  { endsAt, verdict }: { readonly endsAt: number; readonly verdict: Verdict | null },
  now: number,
): BreakGlassState {
  if (verdict !== null) return 'reviewed';
  return endsAt > now ? 'open' : 'ended';
}
