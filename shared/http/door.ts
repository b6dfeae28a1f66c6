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
import { type RateLimit, RateLimiter } from './rate-limit.ts';

export interface DoorOptions {
  /** All that can be done in this program, and by whom. */
  readonly acts: ActTable;
  readonly authenticate: Authenticate;
  /** Records that a known caller was turned away; an answer waits for it. */
  readonly recordRefusal: (caller: Caller, refusal: { act: string; reason: string }) => Promise<void>;
  /** Of one caller: a person, a service account. */
  readonly callerLimit?: RateLimit | undefined;
  /** Of credentials that are not accepted, from one address. */
  readonly failureLimit?: RateLimit | undefined;
  /** Header in which a proxy names the address that it serves; the last one in it counts. */
  readonly addressHeader?: string | undefined;
  readonly clock?: Clock | undefined;
}

export const DEFAULT_CALLER_LIMIT: RateLimit = { perSecond: 100, burst: 500 };
export const DEFAULT_FAILURE_LIMIT: RateLimit = { perSecond: 2, burst: 60 };

/** A door with empty counters. */
export function createDoor(options: DoorOptions): Door {
  const { clock = systemClock, addressHeader } = options;
  const callers = new RateLimiter(options.callerLimit ?? DEFAULT_CALLER_LIMIT, clock);
  const failures = new RateLimiter(options.failureLimit ?? DEFAULT_FAILURE_LIMIT, clock);
  return {
    enter: async (c, act) => {
      const address = addressOf(c, addressHeader);
      failures.check(address);
      const caller = await options.authenticate(c.req.raw).catch((error: unknown) => {
        // Who brings nothing guesses nothing, and costs nothing.
        const { code, reason } = toAppError(error);
        if (code === 'UNAUTHENTICATED' && reason !== 'TOKEN_MISSING') failures.take(address);
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
    countFailure: (c) => {
      failures.take(addressOf(c, addressHeader));
    },
  };
}

/** Guards the route of an act. */
export function guard(act: string): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    await c.get('door').enter(c, act);
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
