/**
 * The door of a program: who calls, whether too often, whether the table lets them in at all. What of the
 * program's data they then reach is decided in the operation.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { type AccessGroup, type Caller, callerKey, decide } from '../acts/access.ts';
import { type Clock, nowSeconds, systemClock } from '../clock.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Authenticate } from '../sign-in/authenticate.ts';
import type { Door, HttpEnv } from './env.ts';
import { type RateLimit, RateLimiter } from './rate-limit.ts';

export interface DoorOptions {
  readonly authenticate: Authenticate;
  /** Records that a known caller was turned away; an answer waits for it. */
  readonly recordRefusal: (caller: Caller, refusal: { group: AccessGroup; reason: string }) => Promise<void>;
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
    enter: async (c, group) => {
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
      await admit(options, caller, { group, now: nowSeconds(clock) });
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

/** Guards a route of `group`. */
export function guard(group: AccessGroup): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    await c.get('door').enter(c, group);
    await next();
  };
}

async function admit(
  { recordRefusal }: DoorOptions,
  caller: Caller,
  { group, now }: { group: AccessGroup; now: number },
): Promise<void> {
  try {
    decide(caller, group, now);
  } catch (error) {
    if (error instanceof AppError && error.code === 'PERMISSION_DENIED')
      await recordRefusal(caller, { group, reason: error.reason });
    throw error;
  }
}

/** Peer of the connection, or whom the proxy names; one name for all where there is no connection. */
function addressOf(c: Context<HttpEnv>, header: string | undefined): string {
  const named = header && c.req.header(header)?.split(',').at(-1)?.trim();
  return named || (c.env?.incoming?.socket?.remoteAddress ?? 'unknown');
}
