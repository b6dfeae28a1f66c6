/**
 * Who may do what, and where: ACCESS is the one table, and `decide` the one place that reads it. Nobody else
 * compares roles or areas; queries apply the wards that `decide` answers. Everything not in the table is
 * denied.
 */
import type { Actor } from '../audit/record.ts';
import { AppError } from '../errors.ts';
import { isAreaOf, wardsOfDistrict } from '../gazetteer.ts';

/** Roles at a node; each is granted for an area of the province. */
export const NODE_ROLES = ['ward_tracer', 'epidemiologist', 'lab', 'integrator', 'operator'] as const;
/** Roles at the hub, where there are no areas. */
export const HUB_ROLES = ['hub_operator', 'analyst'] as const;
export const ROLES = [...NODE_ROLES, ...HUB_ROLES] as const;

export type Role = (typeof ROLES)[number];

interface AccessRow {
  readonly roles: readonly Role[];
  /** `area`: what lies in the area of the grant; `whole`: only grants for the whole province (or the hub). */
  readonly reach: 'area' | 'whole';
  /** Reading that break-glass opens to these roles beyond their area. */
  readonly breakGlass?: true;
}

/**
 * The table: group of routes → roles → how far they reach. A service account is an integrator of the whole
 * province confined to some of the groups of integrators.
 */
export const ACCESS = {
  'me.read': { roles: ROLES, reach: 'area' },
  'imports.write': { roles: ['integrator', 'operator'], reach: 'whole' },
  'cases.read': { roles: ['epidemiologist', 'lab'], reach: 'area', breakGlass: true },
  'cases.write': { roles: ['epidemiologist', 'lab', 'integrator'], reach: 'area' },
  'traces.read': { roles: ['epidemiologist', 'ward_tracer', 'operator'], reach: 'area', breakGlass: true },
  'traces.write': { roles: ['epidemiologist'], reach: 'area' },
  'contacts.read': { roles: ['epidemiologist', 'ward_tracer'], reach: 'area', breakGlass: true },
  'contacts.export': { roles: ['epidemiologist', 'ward_tracer'], reach: 'area' },
  'break_glass.open': { roles: ['ward_tracer', 'epidemiologist', 'lab'], reach: 'area' },
  'break_glass.read': { roles: ['epidemiologist'], reach: 'whole' },
  'break_glass.review': { roles: ['epidemiologist'], reach: 'whole' },
  'service_accounts.read': { roles: ['operator'], reach: 'whole' },
  'service_accounts.write': { roles: ['operator'], reach: 'whole' },
  'audit.read': { roles: ['epidemiologist', 'operator'], reach: 'whole' },
  'audit.restore': { roles: ['operator'], reach: 'whole' },
  'budgets.read': { roles: ['operator'], reach: 'whole' },
  'budgets.write': { roles: ['operator'], reach: 'whole' },
  'federation.read': { roles: ['operator'], reach: 'whole' },
  'federation.write': { roles: ['operator'], reach: 'whole' },
  'hub.traces.read': { roles: ['hub_operator', 'analyst'], reach: 'whole' },
  'hub.graph.read': { roles: ['hub_operator'], reach: 'whole' },
  'hub.provinces.read': { roles: ['hub_operator', 'analyst'], reach: 'whole' },
  'hub.exclusions.write': { roles: ['hub_operator'], reach: 'whole' },
  'hub.keys.read': { roles: ['hub_operator'], reach: 'whole' },
  'hub.keys.write': { roles: ['hub_operator'], reach: 'whole' },
  'hub.audit.read': { roles: ['hub_operator'], reach: 'whole' },
  'hub.audit.reconcile': { roles: ['hub_operator'], reach: 'whole' },
  'hub.audit.restore': { roles: ['hub_operator'], reach: 'whole' },
  'hub.members.read': { roles: ['hub_operator'], reach: 'whole' },
  'hub.members.write': { roles: ['hub_operator'], reach: 'whole' },
  'hub.rules.read': { roles: ['hub_operator', 'analyst'], reach: 'whole' },
} as const satisfies Record<string, AccessRow>;

export type AccessGroup = keyof typeof ACCESS;

/** What a service account may be given: groups of integrators, except what is about a person's own rights. */
export const SERVICE_SCOPES = ['imports.write', 'cases.write'] as const satisfies readonly AccessGroup[];

/** Whether a group is among SERVICE_SCOPES. */
export function isServiceScope(group: string): group is (typeof SERVICE_SCOPES)[number] {
  return SERVICE_SCOPES.some((scope) => scope === group);
}

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
  /** The groups that a service account is confined to. */
  readonly scopes?: readonly AccessGroup[] | undefined;
  readonly breakGlass?: readonly BreakGlass[] | undefined;
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

/**
 * What `caller` reaches by `group` now (epoch seconds). Throws PERMISSION_DENIED ROLE_REQUIRED,
 * UNAUTHENTICATED TOKEN_EXPIRED.
 */
export function decide(caller: Caller, group: AccessGroup, now: number): Decision {
  if (caller.expiresAt <= now)
    throw new AppError('UNAUTHENTICATED', 'TOKEN_EXPIRED', 'the token has expired');
  const row: AccessRow = ACCESS[group];
  const held = caller.grants.filter(({ role }) => row.roles.includes(role));
  const areas = held.map(({ area }) => area).filter((area) => row.reach === 'area' || isWhole(area));
  const confined = caller.scopes !== undefined && !caller.scopes.includes(group);
  if (confined || areas.length === 0) throw roleRequired(group, row);
  if (areas.some(isWhole)) return { scope: 'whole', breakGlass: [] };
  const glass = row.breakGlass ? (caller.breakGlass ?? []).filter(({ endsAt }) => endsAt > now) : [];
  const breakGlass = glass.map(({ id }) => id);
  if (glass.some(({ area }) => isWhole(area))) return { scope: 'whole', breakGlass };
  return { scope: wardsOf([...areas, ...glass.map(({ area }) => area)]), breakGlass };
}

/** Whether the caller reaches anything by `group` now. */
export function mayCall(caller: Caller, group: AccessGroup, now: number): boolean {
  try {
    decide(caller, group, now);
    return true;
  } catch {
    return false;
  }
}

/** For machines (shared/domain/machine.ts): which commands, by their acts, are the caller's now. */
export function mayOf(caller: Caller, now: number): (act: string | undefined) => boolean {
  return (act) => act !== undefined && Object.hasOwn(ACCESS, act) && mayCall(caller, act as AccessGroup, now);
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

function roleRequired(group: AccessGroup, { roles, reach }: AccessRow): AppError {
  const of = reach === 'whole' ? ', for the whole' : '';
  return new AppError(
    'PERMISSION_DENIED',
    'ROLE_REQUIRED',
    `${group} is for the roles ${roles.join(', ')}${of}`,
  );
}
