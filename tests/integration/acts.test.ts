/**
 * The frame of every operation: what is decided, what is written down, and what neither happens without. On a
 * register that no program has.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ActTable, Caller } from '../../shared/acts/access.ts';
import { actsOf } from '../../shared/acts/act.ts';
import { systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let ctx: { readonly db: TestDatabase['db']; readonly clock: { nowMs(): number } };
let seen = 0;
beforeAll(async () => {
  database = await createTestDatabase('hub');
  ctx = { db: database.db, clock: { ...systemClock, nowMs: () => 1_000_000 } };
});
afterAll(() => database[Symbol.asyncDispose]());

/** Entries since the last call. */
async function entries() {
  const rows = await database.db.sql<{ id: number; body: string }[]>`
    SELECT id, body FROM audit_records WHERE id > ${seen} ORDER BY id`;
  seen = rows.at(-1)?.id ?? seen;
  return rows.map(({ body }) => JSON.parse(body));
}
beforeEach(async () => {
  await entries();
});

const ACTS = {
  'register.read': { roles: ['lab'], reach: 'area', does: 'read', audit: 'register.read', breakGlass: true },
  'register.alter': { roles: ['lab'], reach: 'area', does: 'change', audit: 'register.altered', scope: 's' },
  'register.count': { roles: ['lab'], reach: 'whole', does: 'read', audit: null },
} as const satisfies ActTable;
const { change, changeInSteps, read } = actsOf(ACTS);
const caller = (area: string, more: Partial<Caller> = {}): Caller => ({
  ...{ subject: 'an', actor: { kind: 'person', id: 'an' }, grants: [{ role: 'lab', area }] },
  ...{ expiresAt: 2_000, ...more },
});
const ON = [{ case: '5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f' }];
const GLASS = { id: '7f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f', area: '213', endsAt: 1_500 };

it('an act that reaches an area and does not look at it is a mistake of ours', async () => {
  await expect(read(ctx, caller('24'), 'register.read', {}, async () => 1)).rejects.toThrow('its scope');
  await expect(change(ctx, caller('24'), 'register.alter', {}, async () => 1)).rejects.toThrow('its scope');
  expect(await read(ctx, caller('24'), 'register.read', {}, async ({ scope }) => scope)).toBe('whole');
  expect((await entries()).map(({ action }) => action)).toEqual(['register.read']);
});

it('what is known before and what is known only then stand in one entry', async () => {
  await change(ctx, caller('24'), 'register.alter', { on: ON, detail: { a: 1 } }, async (_tx, leave) => {
    leave.note({ b: leave.scope === 'whole' });
    leave.on({ trace: 'ab'.repeat(16) }, ...ON);
  });
  expect(await entries()).toMatchObject([
    {
      ...{ action: 'register.altered', outcome: 'done', actor: { kind: 'person', id: 'an' } },
      ...{ on: [...ON, { trace: 'ab'.repeat(16) }], detail: { a: 1, b: true } },
    },
  ]);
});

it.each([
  ['NOT_FOUND', 1],
  ['PERMISSION_DENIED', 1],
  ['FAILED_PRECONDITION', 1],
  ['ALREADY_EXISTS', 1],
  ['RESOURCE_EXHAUSTED', 1],
  ['INVALID_ARGUMENT', 0],
  ['UNAVAILABLE', 0],
  ['ABORTED', 0],
] as const)('%s leaves %i entries', async (code, count) => {
  const work = async () => Promise.reject(new AppError(code, 'NO_SUCH_CASE', 'so it is'));
  await expect(change(ctx, caller('24'), 'register.alter', { on: ON }, work)).rejects.toMatchObject({ code });
  const bodies = await entries();
  expect(bodies).toHaveLength(count);
  for (const body of bodies)
    expect(body).toMatchObject({
      action: 'register.altered',
      outcome: 'refused',
      reason: 'NO_SUCH_CASE',
      on: ON,
    });
});

it('who may not do it does nothing, and that is on record', async () => {
  const nobody = { ...caller('24'), grants: [] };
  const service = caller('24', { scopes: ['other'] });
  for (const who of [nobody, service]) {
    const work = () => Promise.reject(new Error('it ran'));
    const refused = change(ctx, who, 'register.alter', {}, work);
    await expect(refused).rejects.toMatchObject({ reason: 'ROLE_REQUIRED' });
  }
  expect((await entries()).map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ['refused', 'ROLE_REQUIRED'],
    ['refused', 'ROLE_REQUIRED'],
  ]);
  const allowed = caller('24', { scopes: ['s'] });
  expect(await change(ctx, allowed, 'register.alter', {}, async (_tx, { scope }) => scope)).toBe('whole');
});

it('a break-glass that was reached through is a subject of the entry, and its purpose', async () => {
  const opened = caller('07303', { breakGlass: [GLASS, { ...GLASS, endsAt: 1_000 }] });
  const scope = await read(ctx, opened, 'register.read', { on: ON }, async (leave) => leave.scope);
  expect(scope).toEqual(expect.objectContaining({ size: expect.any(Number) }));
  expect(await entries()).toMatchObject([{ on: [...ON, { break_glass: GLASS.id }], purpose: 'BTG' }]);
});

it('a watch goes on with the rights of now, without entries of its own', async () => {
  const leave = await read(ctx, caller('24'), 'register.read', {}, async (begun) => {
    expect(begun.scope).toBe('whole');
    return begun;
  });
  expect(leave.renewed(caller('07303')).scope).toEqual(new Set(['07303']));
  expect(() => leave.renewed({ ...caller('24'), grants: [] })).toThrow('is for the roles');
  expect(() => leave.renewed(caller('24', { expiresAt: 1_000 }))).toThrow('expired');
  expect(await entries()).toHaveLength(1);
});

it('a change in steps is decided once, and every step has its entry', async () => {
  await changeInSteps(ctx, caller('24'), 'register.alter', { on: ON }, async (step, { scope }) => {
    expect(scope).toBe('whole');
    for (const rows of [3, 4]) await step({ detail: { rows } }, async () => rows);
  });
  expect((await entries()).map(({ on, detail }) => [on, detail])).toEqual([
    [ON, { rows: 3 }],
    [ON, { rows: 4 }],
  ]);
});

it('what no person is in leaves no entry, done or refused', async () => {
  expect(await read(ctx, caller('24'), 'register.count', {}, async () => 7)).toBe(7);
  const gone = () => Promise.reject(new AppError('NOT_FOUND', 'NO_SUCH_CASE', 'gone'));
  await expect(read(ctx, caller('24'), 'register.count', {}, gone)).rejects.toMatchObject({
    reason: 'NO_SUCH_CASE',
  });
  expect(await entries()).toEqual([]);
});
