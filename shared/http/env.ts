/**
 * What handlers find in their context. Types only.
 */
import type { Context } from 'hono';
import type { Caller } from '../acts/access.ts';
import type { Language } from '../i18n/text.ts';
import type { Cursors } from './paging.ts';

/** What every handler finds in its context. */
export interface HttpEnv {
  /** What the listener adds; absent where there is none. */
  Bindings: { readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } } };
  Variables: {
    requestId: string;
    /** What the caller reads. */
    language: Language;
    caller: Caller;
    door: Door;
    cursors: Cursors;
    /** Aborts when the program stops: long answers end then. */
    stopping: AbortSignal;
  };
}

/** See door.ts. */
export interface Door {
  /**
   * The caller, if the act of this name is open to them. Throws what `Authenticate` and `decide` throw;
   * RESOURCE_EXHAUSTED RATE_LIMITED.
   */
  enter(c: Context<HttpEnv>, act: string): Promise<Caller>;
  /**
   * The caller as of now, for answers that last: rights end while they are being sent. Throws what
   * `Authenticate` throws; while that is UNAVAILABLE, the caller is who it was.
   */
  renew(c: Context<HttpEnv>): Promise<Caller>;
  /** One more request or event stream of the caller, until disposed of. Throws TOO_MANY_AT_ONCE. */
  begin(caller: Caller, what: 'requests' | 'streams'): Disposable;
  /** Counts a refused credential of this request's address (sign-ins). Throws RATE_LIMITED. */
  countFailure(c: Context<HttpEnv>): void;
}
