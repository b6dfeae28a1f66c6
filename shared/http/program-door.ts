/**
 * The door of a program as its configuration and its features make it: every kind of credential that counts
 * there, the limits, and where refusals are written down.
 */
import type { ActTable, BreakGlass, Caller, Home } from '../acts/access.ts';
import { recordRefusal } from '../acts/act.ts';
import type { Clock } from '../clock.ts';
import type { Secret } from '../config.ts';
import type { Database } from '../db/database.ts';
import { createAuthenticate } from '../sign-in/authenticate.ts';
import { createTokenCheck } from '../sign-in/bearer.ts';
import { Login } from '../sign-in/login.ts';
import type { DoorOptions } from './door.ts';
import { loginRoutes, sessionCallers } from './login.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Routes } from './route.ts';

export interface DoorConfig {
  readonly oidc: {
    readonly issuer: string;
    readonly audience: string;
    readonly jwksUrl?: string | undefined;
  };
  readonly login?: BrowserLogin | undefined;
  readonly callerLimit?: RateLimit | undefined;
  readonly failureLimit?: RateLimit | undefined;
  readonly addressHeader?: string | undefined;
  readonly atOnce?: DoorOptions['atOnce'];
}

interface BrowserLogin {
  readonly clientId: string;
  readonly clientSecret?: Secret<string> | undefined;
  readonly scope: string;
  readonly publicUrl: string;
}

export interface DoorParts {
  readonly home: Home;
  readonly acts: ActTable;
  readonly db: Database;
  readonly clock: Clock;
  /** See `Credentials`. */
  readonly service?: (bearer: string) => Promise<Caller | undefined>;
  readonly breakGlass?: (subject: string) => Promise<readonly BreakGlass[]>;
}

/** What `createHttpApp` needs of the door, and the routes of signing in, if anybody can. */
export function programDoor(config: DoorConfig, parts: DoorParts): DoorOptions & { loginRoutes: Routes[] } {
  const { home, acts, db, clock, service, breakGlass } = parts;
  const { oidc, login, callerLimit, failureLimit, addressHeader, atOnce } = config;
  const token = createTokenCheck({ ...oidc, home, clock });
  const setting = login && {
    login: new Login({ ...login, issuer: oidc.issuer, check: token, clock }),
    publicUrl: login.publicUrl,
    program: home,
  };
  const session = setting && sessionCallers(setting);
  return {
    acts,
    authenticate: createAuthenticate({ token, service, session, breakGlass }),
    recordRefusal: (caller, refusal) => recordRefusal({ db, clock }, caller, refusal),
    ...{ callerLimit, failureLimit, addressHeader, atOnce, clock },
    loginRoutes: setting ? [loginRoutes(setting)] : [],
  };
}
