/**
 * Who may call what over HTTP: the roles, and for each group of routes the roles that may call it. Routes
 * name their group; a route without one stops start-up. Areas (which ward) are not decided here.
 */

export const ROLES = [
  'ward_tracer',
  'epidemiologist',
  'lab',
  'integrator',
  'operator',
  'hub_operator',
  'analyst',
] as const;

export type Role = (typeof ROLES)[number];

export const ACCESS = {
  'imports.write': ['integrator', 'operator'],
  'cases.read': ['epidemiologist', 'lab'],
  'cases.write': ['epidemiologist', 'lab', 'integrator'],
  'traces.read': ['epidemiologist', 'ward_tracer', 'operator'],
  'traces.write': ['epidemiologist'],
  'contacts.read': ['epidemiologist', 'ward_tracer'],
  'budgets.read': ['operator'],
  'budgets.write': ['operator'],
  'hub.traces.read': ['hub_operator', 'analyst'],
  'hub.graph.read': ['hub_operator'],
  'hub.provinces.read': ['hub_operator', 'analyst'],
  'hub.rules.read': ['hub_operator', 'analyst'],
} as const satisfies Record<string, readonly Role[]>;

export type AccessGroup = keyof typeof ACCESS;

/** Who calls: the token's subject, and of its roles those that this version knows. */
export interface Caller {
  readonly subject: string;
  readonly roles: readonly Role[];
}

/** Whether one of the caller's roles is in the group's row. */
export function mayCall(caller: Caller, group: AccessGroup): boolean {
  const allowed: readonly Role[] = ACCESS[group];
  return caller.roles.some((role) => allowed.includes(role));
}
