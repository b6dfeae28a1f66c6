/**
 * Routes of started programs: those that the tests of access walk are those that are served, by their own
 * documents; and a list is read on where a restart interrupted it.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { extent } from '../support/extent.ts';
import { World } from '../support/federations.ts';
import { createApps, routesOf } from '../support/http-apps.ts';

let federation: Federation;
beforeAll(async () => {
  federation = await World.create({ provinces: ['24'] });
});
afterAll(() => federation?.[Symbol.asyncDispose]());

interface Document {
  readonly paths: Record<string, Record<string, { readonly parameters?: readonly Parameter[] }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: { readonly example?: unknown };
}

async function documentOf(url: string): Promise<Document> {
  return (await (await fetch(`${url}/v1/openapi.json`)).json()) as Document;
}

/** A request of each list of a program, by its document: with what it requires, as its examples say. */
async function listsOf(url: string): Promise<string[]> {
  const { paths } = await documentOf(url);
  return Object.entries(paths).flatMap(([path, { get }]) => {
    const { parameters = [] } = get ?? {};
    if (!parameters.some(({ name }) => name === 'after')) return [];
    const given = parameters.filter(({ required }) => required);
    const query = given.filter((parameter) => parameter.in === 'query');
    const inPath = path.replaceAll(/{(\w+)}/g, (_, name) =>
      String(given.find((parameter) => parameter.name === name)?.schema.example),
    );
    const text = query.map(({ name, schema }) => `${name}=${encodeURIComponent(String(schema.example))}&`);
    return [`${inPath}?${text.join('')}`];
  });
}

/** Method and path of everything in a program's OpenAPI document. */
async function served(url: string): Promise<string[]> {
  const { paths } = await documentOf(url);
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

/** Cursors that nobody gave out: pieces, neighbours and imitations of a true one, and whatever comes. */
const crafted = (real: string) =>
  fc.oneof(
    fc.string({ maxLength: 700, unit: 'binary' }),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    fc.json().map((place) => Buffer.from(`${'\0'.repeat(12)}${place}`).toString('base64url')),
    fc.nat(real.length).map((length) => real.slice(0, length)),
    fc.tuple(fc.nat(real.length - 1), fc.base64String({ minLength: 4 })).map(([at, text]) => {
      return real.slice(0, at) + text + real.slice(at + 1);
    }),
  );

test.each(['node', 'hub'] as const)(
  'no list of a started %s takes a cursor that it did not give out',
  async (program) => {
    const { url, token } = program === 'hub' ? federation.hub : federation.node('24');
    const ask = async (path: string) => {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      return { status: response.status, body: (await response.json()) as { next?: string; reason?: string } };
    };
    const lists = await listsOf(url);
    expect(lists.length).toBeGreaterThan(4);
    const { next } = (await ask('/v1/audit?limit=1')).body;
    expect(next).toEqual(expect.any(String));
    const property = fc.asyncProperty(
      fc.constantFrom(...lists),
      crafted(next as string),
      async (list, after) => {
        const { status, body } = await ask(`${list}limit=1&after=${encodeURIComponent(after)}`);
        // What decodes to the very bytes that were given out is the cursor.
        const same = Buffer.from(after, 'base64url').equals(Buffer.from(next as string, 'base64url'));
        const expected =
          same && list === '/v1/audit?'
            ? [200, undefined]
            : [400, expect.stringMatching(/^INVALID_(CURSOR|FIELD)$/)];
        expect([list, status, body.reason]).toEqual([list, ...expected]);
      },
    );
    await fc.assert(property, { numRuns: extent({ quick: 30, all: 400 }) });
  },
);
