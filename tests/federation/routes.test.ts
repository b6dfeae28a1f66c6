/**
 * The routes that the tests of access walk are those that started programs serve, by their own documents.
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
