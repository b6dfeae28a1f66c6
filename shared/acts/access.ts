/**
 * Who may do what, and where: each feature states its acts in rows (its acts.ts, spread in the program's
 * rooms.ts), and `decide` is the one place that reads a row. Nobody else compares roles or areas; queries
 * apply the wards that `decide` answers. What has no row is denied.
 */
import type { Actor } from '../audit/record.ts';
import { AppError } from '../errors.ts';
import { isAreaOf, wardsOfDistrict } from '../gazetteer.ts';
import type { Terms } from './terms.ts';

/** Roles at a node; each is granted for an area of the province. */
export const NODE_ROLES = ['ward_tracer', 'epidemiologist', 'lab', 'integrator', 'operator'] as const;
/** Roles at the hub, where there are no areas. */
export const HUB_ROLES = ['hub_operator', 'analyst'] as const;
export const ROLES = [...NODE_ROLES, ...HUB_ROLES] as const;

export type Role = (typeof ROLES)[number];

/** An act of a program: who may do it, how far it reaches, and what of it the audit log says. */
export interface ActRow {
  readonly roles: readonly Role[];
  /** `area`: what lies in the area of the grant; `whole`: only grants for the whole province (or the hub). */
  readonly reach: 'area' | 'whole';
  /** Reading that break-glass opens to these roles beyond their area. */
  readonly breakGlass?: true;
  /** Service accounts that were given this scope may do it; without one, none may. */
  readonly scope?: string;
  readonly does: 'read' | 'change';
  /** Word of its entries in the audit log; null: no person is in what it reads, it leaves none. */
  readonly audit: `${string}.${string}` | null;
}

/** The acts of a feature or of a program, by name: `cases.correct`. */
export type ActTable = Readonly<Record<string, ActRow>>;

/** A role for an area: code of a province (2 digits), district (3) or ward (5) of 2021; null at the hub. */
export interface Grant {
  readonly role: Role;
  readonly area: string | null;
}

/** Reading beyond the own area until `endsAt` (epoch seconds), on the record under `id`. */
export interface BreakGlass {
  readonly id: string;
  readonly area: string;
  readonly endsAt: number;
}

/** Who calls. Grants are those that this program knows and that lie in its province. */
export interface Caller {
  readonly subject: string;
  readonly actor: Actor;
  readonly grants: readonly Grant[];
  /** When the token's word ends, epoch seconds: long answers end then. */
  readonly expiresAt: number;
  /** What a service account is confined to: see `ActRow.scope`. */
  readonly scopes?: readonly string[] | undefined;
  readonly breakGlass?: readonly BreakGlass[] | undefined;
  /** Of the request that they make now. */
  readonly terms?: Terms | undefined;
}

/** What of a program's data a caller reaches: all of it, or what lies in these wards (5-digit codes). */
export type Scope = 'whole' | ReadonlySet<string>;

export interface Decision {
  readonly scope: Scope;
  /** Ids of the break-glasses that the scope rests upon; they belong into the record. */
  readonly breakGlass: readonly string[];
}

/** Where grants must lie: `hub`, or the code of the node's province. */
export type Home = 'hub' | (string & {});

/** An act of a table, by its name. */
export interface NamedAct {
  readonly name: string;
  readonly row: ActRow;
}

/**
 * What `caller` reaches by an act now (epoch seconds). Throws PERMISSION_DENIED ROLE_REQUIRED, AREA_REQUIRED
 * (only the area is missing); UNAUTHENTICATED TOKEN_EXPIRED.
 */
export function decide(caller: Caller, { name, row }: NamedAct, now: number): Decision {
  if (caller.expiresAt <= now)
    throw new AppError('UNAUTHENTICATED', 'TOKEN_EXPIRED', 'the token has expired');
  const held = caller.grants.filter(({ role }) => row.roles.includes(role));
  const areas = held.map(({ area }) => area).filter((area) => row.reach === 'area' || isWhole(area));
  const confined =
    caller.scopes !== undefined && (row.scope === undefined || !caller.scopes.includes(row.scope));
  if (confined || held.length === 0) throw roleRequired(name, row);
  if (areas.length === 0) throw areaRequired(name, row);
  if (areas.some(isWhole)) return { scope: 'whole', breakGlass: [] };
  const glass = row.breakGlass ? (caller.breakGlass ?? []).filter(({ endsAt }) => endsAt > now) : [];
  const breakGlass = glass.map(({ id }) => id);
  if (glass.some(({ area }) => isWhole(area))) return { scope: 'whole', breakGlass };
  return { scope: wardsOf([...areas, ...glass.map(({ area }) => area)]), breakGlass };
}

/** Whether the caller reaches anything by an act now. */
export function mayDo(caller: Caller, act: NamedAct, now: number): boolean {
  try {
    decide(caller, act, now);
    return true;
  } catch {
    return false;
  }
}

/** Whether something in `ward` (null: in none) is within `scope`. */
export function isWithin(scope: Scope, ward: string | null): boolean {
  return scope === 'whole' || (ward !== null && scope.has(ward));
}

/** Whether all of an area (of this program's province) is within `scope`. */
export function isAreaWithin(scope: Scope, area: string): boolean {
  return scope === 'whole' || (!isWhole(area) && [...wardsOf([area])].every((ward) => scope.has(ward)));
}

/**
 * Grants of a `roles` claim, an array of `role@area` (at the hub: `role`). What is unknown, lies outside
 * `home`, or is of another form grants nothing.
 */
export function readGrants(claim: unknown, home: Home): Grant[] {
  if (!Array.isArray(claim)) return [];
  return claim.flatMap((text: unknown) => readGrant(typeof text === 'string' ? text : '', home) ?? []);
}

function readGrant(text: string, home: Home): Grant | undefined {
  const roles: readonly Role[] = home === 'hub' ? HUB_ROLES : NODE_ROLES;
  const [name = '', area, ...rest] = text.split('@');
  const role = roles.find((known) => known === name);
  if (role === undefined || rest.length > 0) return undefined;
  if (home === 'hub') return area === undefined ? { role, area: null } : undefined;
  return area !== undefined && isAreaOf(area, home) ? { role, area } : undefined;
}

/** The key under which a caller is counted and remembered: people and services never share one. */
export function callerKey({ actor }: Pick<Caller, 'actor'>): string {
  return `${actor.kind} ${actor.id}`;
}

function isWhole(area: string | null): boolean {
  return area === null || area.length === 2;
}

function wardsOf(areas: readonly (string | null)[]): ReadonlySet<string> {
  return new Set(areas.flatMap((area) => (area?.length === 5 ? [area] : wardsOfDistrict(area ?? ''))));
}

function roleRequired(act: string, { roles }: ActRow): AppError {
  const named = roles.join(', ');
  return new AppError('PERMISSION_DENIED', 'ROLE_REQUIRED', `${act} is for the roles ${named}`, {
    params: { roles: named },
  });
}

function areaRequired(act: string, { roles }: ActRow): AppError {
  const named = roles.join(', ');
  const message = `${act} is for the roles ${named}, for the whole province`;
  return new AppError('PERMISSION_DENIED', 'AREA_REQUIRED', message, { params: { roles: named } });
}
