/**
 * Routes of started programs: those that the tests of access walk are those that are served, by their own
 * documents; and a list is read on where a restart interrupted it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { World } from '../support/federations.ts';
import { createApps, routesOf } from '../support/http-apps.ts';

let federation: Federation;
beforeAll(async () => {
  federation = await World.create({ provinces: ['24'] });
});
afterAll(() => federation?.[Symbol.asyncDispose]());

/** Method and path of everything in a program's OpenAPI document. */
async function served(url: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

test.each(['node', 'hub'] as const)('the routes of a started %s', async (program) => {
  const url = program === 'hub' ? federation.hub.url : federation.node('24').url;
  const apps = createApps(async () => Promise.reject(new Error('nobody is asked')));
  const walked = routesOf(apps[program]).map(({ method, path }) => `${method} ${path}`);
  expect(walked.length).toBeGreaterThan(12);
  expect((await served(url)).sort()).toEqual(walked.sort());
});

test('a cursor counts after a restart of its program', async () => {
  const { url, token } = federation.node('24');
  const call = async (path: string, json?: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const init = json && { method: 'POST', body: JSON.stringify(json) };
    const response = await fetch(`${url}${path}`, { headers, ...init });
    expect([path, response.ok]).toEqual([path, true]);
    // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
    return (await response.json()) as any;
  };
  for (const onset_on of ['2021-06-01', '2021-06-02', '2021-06-03']) {
    await call('/v1/cases', { identifiers: ['phone:0912345678'], onset_on });
  }
  const { cases, next } = await call('/v1/cases?limit=1');
  await federation.kill('24', 'SIGTERM');
  await federation.restart();
  const rest = await call(`/v1/cases?limit=5&after=${next}`);
  expect([cases.length, rest.cases.length, rest.next]).toEqual([1, 2, null]);
});
