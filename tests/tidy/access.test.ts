/**
 * The acts of both programs as their rooms list them: each has one door, each row is whole, and the page that
 * people read says the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HUB_ACTS } from '../../hub/rooms.ts';
import { SERVICE_SCOPES } from '../../node/desk/service-accounts/rules.ts';
import { NODE_ACTS } from '../../node/rooms.ts';
import { type ActTable, HUB_ROLES, NODE_ROLES } from '../../shared/acts/access.ts';
import { AUDIT_ACTIONS } from '../../shared/audit/actions.ts';
import { actsOfRooms, auditWords } from '../../shared/http/room.ts';
import { ACCESS_EXTENSION } from '../../shared/http/route.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { createApps, routesOf } from '../support/http-apps.ts';
import { accessPage } from './access-page.ts';

const PAGE = join(packageRoot, 'deploy', 'access.md');
const apps = createApps(() => Promise.reject(new Error('nobody is asked')));

it('deploy/access.md says what the rows say', () => {
  const page = accessPage(NODE_ACTS, HUB_ACTS);
  if (process.env.TRUYVET_WRITE) writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, 'utf8')).toBe(page);
});

describe.each([
  ['node', NODE_ACTS, NODE_ROLES],
  ['hub', HUB_ACTS, HUB_ROLES],
] as const)('the acts of the %s', (program, acts: ActTable, roles: readonly string[]) => {
  const routes = routesOf(apps[program]);
  const rows = Object.entries(acts);

  it('have one route each', () => {
    const doors = routes.map(({ operation }) => operation[ACCESS_EXTENSION]);
    expect(doors.toSorted()).toEqual(Object.keys(acts).toSorted());
  });

  it('change nothing by GET', () => {
    for (const { method, operation } of routes)
      if (acts[String(operation[ACCESS_EXTENSION])]?.does === 'change') expect(method).not.toBe('GET');
  });

  it('are for roles of this program, and each for some', () => {
    for (const [name, row] of rows) {
      expect(row.roles.length, name).toBeGreaterThan(0);
      for (const role of row.roles) expect(roles).toContain(role);
    }
  });

  it('leave an entry whenever they change something, and break-glass opens readings of an area alone', () => {
    for (const [name, { does, audit, breakGlass, reach }] of rows) {
      if (does === 'change') expect(audit, name).toMatch(/^[a-z_]+\.[a-z_]+$/);
      if (breakGlass) expect([name, does, reach, audit !== null]).toEqual([name, 'read', 'area', true]);
    }
  });

  it('are in scopes of service accounts only where integrators may do them', () => {
    const scoped = rows.filter(([, { scope }]) => scope !== undefined);
    for (const [name, { roles: open }] of scoped) expect(open, name).toContain('integrator');
    const used = new Set(scoped.map(([, { scope }]) => scope));
    expect([...used].sort()).toEqual(program === 'node' ? [...SERVICE_SCOPES].sort() : []);
  });

  it('and the program itself have all words of its log', () => {
    const words = new Set<string>(auditWords(acts));
    for (const word of AUDIT_ACTIONS) expect(words).toContain(word);
    for (const [, { audit }] of rows) if (audit !== null) expect(words).toContain(audit);
  });

  it('cannot be altered while the program runs', () => {
    const [name, row] = rows[0] as (typeof rows)[number];
    expect(() => Object.assign(acts, { [name]: undefined })).toThrow(TypeError);
    expect(() => Object.assign(row, { reach: 'area' })).toThrow(TypeError);
    expect(() => (row.roles as string[]).push('analyst')).toThrow(TypeError);
  });
});

it('two rooms that name one act stop the program', () => {
  const room = { acts: { 'a.b': NODE_ACTS['cases.read'] as never }, routes: () => [] as never };
  expect(() => actsOfRooms([room, room], NODE_ROLES)).toThrow('two rooms name one act');
});
