/**
 * Lists: pages stay right while rows come and go, cursors are taken back by their own list alone, and unknown
 * parameters are refused by every route.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HUB_ROLES, NODE_ROLES } from '../../shared/acts/access.ts';
import { Cursors, listId } from '../../shared/http/paging.ts';
import { newId, newKey } from '../../shared/ids.ts';
import { personWith } from '../support/callers.ts';
import { createApps, routesOf } from '../support/http-apps.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

/** An account of that second: many share one, so that their ids decide. */
const addAccount = async (createdAt: number): Promise<string> => {
  const id = newId();
  await node.db.sql`
    INSERT INTO service_accounts (id, name, key_sha256, scopes, created_by, created_at)
    VALUES (${id}, 'x', sha256(${id}::bytea), '{cases.write}', 'an', to_timestamp(${createdAt}::bigint))`;
  return id;
};

describe('pages', () => {
  it('neither repeat a row nor leave one out that stays, however others come and go', async () => {
    const step = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      add: fc.integer({ min: 0, max: 3 }),
      remove: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 }),
        fc.array(step, { minLength: 1 }),
        async (stays, steps) => {
          await node.db.sql`DELETE FROM service_accounts`;
          const stable: string[] = [];
          for (const second of stays) stable.push(await addAccount(1_600_000_000 + second));
          const passing: string[] = [];
          const seen: string[] = [];
          let after = '';
          for (let turn = 0; ; turn++) {
            const { limit, add, remove } = steps[turn % steps.length] as (typeof steps)[number];
            const path = `/v1/service-accounts?limit=${limit}${after}`;
            const { body } = await node.call('GET', path);
            seen.push(...body.service_accounts.map(({ id }: { id: string }) => id));
            if (body.next === null) break;
            after = `&after=${body.next}`;
            // Rows that come may lie before or behind the place; there are fewer of them each turn.
            for (let n = 0; n < add && turn < 5; n++) passing.push(await addAccount(1_600_000_000 + (n % 4)));
            for (let n = 0; n < remove; n++)
              await node.db.sql`DELETE FROM service_accounts WHERE id = ${passing.shift() ?? newId()}`;
          }
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen).toEqual(expect.arrayContaining(stable));
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('cursors', () => {
  const cursors = new Cursors(newKey(32));
  const list = listId('/v1/traces/1/contacts', { ward: '07213', limit: undefined });

  it('are taken back by their list', () => {
    const place = [3, 'x', null, true] as const;
    const made = cursors.make(list, place);
    expect(made).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(
      cursors.open(list, made, { safeParse: (data: unknown) => ({ success: true, data }) } as never),
    ).toEqual(place);
  });

  it.each([
    ['another trace', listId('/v1/traces/2/contacts', { ward: '07213' })],
    ['another filter', listId('/v1/traces/1/contacts', { ward: '07210' })],
    ['no filter', listId('/v1/traces/1/contacts')],
  ])('are none of %s', (_name, other) => {
    const made = cursors.make(list, ['x']);
    expect(() => cursors.open(other, made, {} as never)).toThrow(
      expect.objectContaining({ reason: 'INVALID_CURSOR' }),
    );
  });

  it('that somebody made or altered are refused, whatever is in them', () => {
    const made = Buffer.from(cursors.make(list, ['x']), 'base64url');
    fc.assert(
      fc.property(fc.nat(made.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const altered = Buffer.from(made);
        altered[at] = (altered[at] as number) ^ flip;
        expect(() => cursors.open(list, altered.toString('base64url'), {} as never)).toThrow(
          expect.objectContaining({ reason: 'INVALID_CURSOR' }),
        );
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => cursors.open(list, text, {} as never)).toThrow(
          expect.objectContaining({ reason: 'INVALID_CURSOR' }),
        );
      }),
    );
  });

  it('of one list are none of another over HTTP', async () => {
    for (const second of [1, 2, 3]) await addAccount(1_600_000_000 + second);
    const { next } = (await node.call('GET', '/v1/service-accounts?limit=1')).body;
    expect(next).toEqual(expect.any(String));
    expect(await node.call('GET', `/v1/break-glass?after=${next}`)).toMatchObject({
      status: 400,
      body: { reason: 'INVALID_CURSOR', errors: [{ field: 'after', reason: 'NOT_A_CURSOR' }] },
    });
  });
});

describe('unknown parameters', () => {
  const roles = { node: NODE_ROLES.map((role) => `${role}@24`), hub: [...HUB_ROLES] };
  const ids = { node: '24', hub: 'hub' };

  it.each(['node', 'hub'] as const)('are refused by every route of the %s, and named', async (program) => {
    const app = createApps(async () => personWith(roles[program], ids[program]))[program];
    const routes = routesOf(app);
    expect(routes.length).toBeGreaterThan(15);
    for (const { method, path } of routes) {
      const url = `${path.replaceAll(/{\w+}/g, 'x')}?limt=5`;
      const response = await app.request(url, { method });
      const body = (await response.json()) as { reason: string; errors: unknown };
      expect([method, path, response.status, body]).toMatchObject([
        method,
        path,
        400,
        { reason: 'INVALID_FIELD', errors: [{ field: 'limt', reason: 'UNKNOWN_FIELD' }] },
      ]);
    }
  });
});
