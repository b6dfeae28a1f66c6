/**
 * Callers as operations get them, for tests that come in behind the door.
 */
import { type Caller, type Grant, NODE_ROLES, type Role } from '../../shared/acts/access.ts';

/** A person with these grants, `role@area` or (at the hub) `role`. Checks nothing: areas may be anything. */
export function personWith(grants: readonly string[], subject = 'an'): Caller {
  return { subject, actor: { kind: 'person', id: subject }, grants: grants.map(grantOf), expiresAt: 4e9 };
}

/** Somebody with every role of a node for all of a province. */
export function everybodyAt(province: string): Caller {
  return personWith(NODE_ROLES.map((role) => `${role}@${province}`));
}

function grantOf(text: string): Grant {
  const [role, area = null] = text.split('@');
  return { role: role as Role, area };
}
