/**
 * The door of a program: who calls, whether too often, whether the table lets them in at all. What of the
 * program's data they then reach is decided in the operation.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { type ActTable, type Caller, callerKey, decide, type NamedAct } from '../acts/access.ts';
import { type Clock, nowSeconds, systemClock } from '../clock.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Authenticate } from '../sign-in/authenticate.ts';
import type { Door, HttpEnv } from './env.ts';
import { AtOnce, type RateLimit, RateLimiter } from './rate-limit.ts';

export interface DoorOptions {
  /** All that can be done in this program, and by whom. */
  readonly acts: ActTable;
  readonly authenticate: Authenticate;
  /** Records that a known caller was turned away; an answer waits for it. */
  readonly recordRefusal: (caller: Caller, refusal: { act: string; reason: string }) => Promise<void>;
  /** Of one caller: a person, a service account. */
  readonly callerLimit?: RateLimit | undefined;
  /** Of credentials that are not accepted, from one address; those that are accepted do not count. */
  readonly failureLimit?: RateLimit | undefined;
  /** What of one caller may be under way at once; see DEFAULT_AT_ONCE. */
  readonly atOnce?: { readonly requests: number; readonly streams: number } | undefined;
  /** Header in which a proxy names the address that it serves; the last one in it counts. */
  readonly addressHeader?: string | undefined;
  readonly clock?: Clock | undefined;
}

export const DEFAULT_CALLER_LIMIT: RateLimit = { perSecond: 100, burst: 500 };
export const DEFAULT_FAILURE_LIMIT: RateLimit = { perSecond: 2, burst: 60 };
/** A console asks half a dozen things at once; an integrator's import has its own pace. */
export const DEFAULT_AT_ONCE = { requests: 48, streams: 16 };

/** A door with empty counters. */
export function createDoor(options: DoorOptions): Door {
  const { clock = systemClock, addressHeader } = options;
  const callers = new RateLimiter(options.callerLimit ?? DEFAULT_CALLER_LIMIT, clock);
  const failures = new RateLimiter(options.failureLimit ?? DEFAULT_FAILURE_LIMIT, clock);
  const { requests, streams } = options.atOnce ?? DEFAULT_AT_ONCE;
  const underWay = { requests: new AtOnce(requests), streams: new AtOnce(streams) };
  return {
    enter: async (c, act) => {
      const caller = await options.authenticate(c.req.raw).catch((error: unknown) => {
        // Who brings nothing guesses nothing, and costs nothing. Failures alone are held back: others at the
        // same address (an office, a proxy) bring what is valid.
        const { code, reason } = toAppError(error);
        if (code === 'UNAUTHENTICATED' && reason !== 'TOKEN_MISSING')
          failures.take(addressOf(c, addressHeader));
        throw error;
      });
      c.set('caller', caller);
      callers.take(callerKey(caller));
      await admit(options, caller, { act: actOf(options.acts, act), now: nowSeconds(clock) });
      return caller;
    },
    renew: async (c) => {
      const renewed = await options.authenticate(c.req.raw).catch((error: unknown) => {
        if (toAppError(error).code !== 'UNAVAILABLE') throw error;
        return c.get('caller');
      });
      c.set('caller', renewed);
      return renewed;
    },
    begin: (caller, what) => underWay[what].begin(callerKey(caller)),
    countFailure: (c) => {
      failures.take(addressOf(c, addressHeader));
    },
  };
}

/** Guards the route of an act. */
export function guard(act: string): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const door = c.get('door');
    using _request = door.begin(await door.enter(c, act), 'requests');
    await next();
  };
}

async function admit(
  { recordRefusal }: DoorOptions,
  caller: Caller,
  { act, now }: { act: NamedAct; now: number },
): Promise<void> {
  try {
    decide(caller, act, now);
  } catch (error) {
    if (error instanceof AppError && error.code === 'PERMISSION_DENIED')
      await recordRefusal(caller, { act: act.name, reason: error.reason });
    throw error;
  }
}

/** An act of the program's table. Throws INTERNAL ACT_UNKNOWN: a route of it would have stopped start-up. */
function actOf(acts: ActTable, name: string): NamedAct {
  const row = Object.hasOwn(acts, name) ? acts[name] : undefined;
  if (row) return { name, row };
  throw new AppError('INTERNAL', 'ACT_UNKNOWN', `there is no act ${name}`, { params: { act: name } });
}

/** Peer of the connection, or whom the proxy names; one name for all where there is no connection. */
function addressOf(c: Context<HttpEnv>, header: string | undefined): string {
  const named = header && c.req.header(header)?.split(',').at(-1)?.trim();
  return named || (c.env?.incoming?.socket?.remoteAddress ?? 'unknown');
}
