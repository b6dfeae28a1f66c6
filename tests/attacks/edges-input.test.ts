/**
 * Nasty strings through every parameter of every documented route: never an internal error, never a row
 * changed or shown that should not be. The routes come from the OpenAPI document, so that a new one is tried
 * too.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessWorld, createAccessWorld } from '../integration/access-fixture.ts';
import { extent } from '../support/extent.ts';
import { createApps, type Route, routesOf } from '../support/http-apps.ts';

const NASTY = [
  "'",
  "' OR '1'='1",
  "'; DELETE FROM cases; --",
  '1; UPDATE contacts SET ward = NULL; --',
  "') UNION SELECT body FROM audit_records --",
  "'||(SELECT pg_sleep(20))||'",
  '$1',
  '{{7*7}}<%= 7*7 %>',
  '\\',
  "\\'; DROP TABLE traces; --",
  '%',
  '_%',
  '\0',
  '0\0',
  '\ud800',
  '\u202e\u0000\uffff',
  'a'.repeat(100_000),
  '-1',
  '9'.repeat(40),
  '1e309',
  'NaN',
  'null',
  '[]',
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  '<script>alert(1)</script>',
  '\r\nset-cookie: a=b',
];

/** One of so many nasty strings goes to a route; the next route gets the next one. */
const OF = extent({ quick: 2, all: 1 });

let world: AccessWorld;
let routes: Route[];
let schemas: Record<string, Schema>;
beforeAll(async () => {
  world = await createAccessWorld();
  const document = (await (await world.node.fetch('/v1/openapi.json')).json()) as {
    components: { schemas: Record<string, Schema> };
  };
  schemas = document.components.schemas;
  const { node } = createApps(async () => Promise.reject(new Error('only for its routes')));
  routes = routesOf(node).filter(({ path }) => !path.endsWith('/events'));
});
afterAll(() => world[Symbol.asyncDispose]());

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

const operationOf = ({ operation }: Route) => operation as Operation;
const parametersOf = (route: Route, where: string) =>
  (operationOf(route).parameters ?? []).filter((one) => one.in === where).map(({ name }) => name);

/** Fields of the JSON body; none for other bodies. */
function fieldsOf(route: Route): string[] {
  const schema = operationOf(route).requestBody?.content['application/json']?.schema;
  const resolved = schema?.$ref ? schemas[schema.$ref.split('/').at(-1) as string] : schema;
  return Object.keys(resolved?.properties ?? {});
}

/** A body that would be accepted, so that a field is looked at and not only missed. */
const WHOLE: Readonly<Record<string, object>> = {
  'POST /v1/cases': { identifiers: ['phone:0912345678'], onset_on: '2021-06-01' },
  'POST /v1/break-glass': { reason: 'a ship', area: '217', minutes: 5 },
  'POST /v1/service-accounts': { name: 'x', scopes: ['cases.write'] },
};

const everybody = {
  roles: ['epidemiologist', 'ward_tracer', 'lab', 'integrator', 'operator'].map((role) => `${role}@24`),
  subject: 'fuzz',
};

/** Every row of every table but the logs, as text; of a reader of the feed, which goes on, its name. */
async function allRows(): Promise<Set<string>> {
  const { sql } = world.node.db;
  const tables = await sql<{ name: string }[]>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'audit%'`;
  const rows = new Set<string>();
  for (const { name } of tables) {
    const text = name === 'feed_cursors' ? sql`t.name` : sql`t::text`;
    for (const { row } of await sql<{ row: string }[]>`SELECT ${text} AS row FROM ${sql(name)} t`) {
      rows.add(`${name} ${row}`);
    }
  }
  return rows;
}

/** How far each reader of the feed has come. */
async function readSoFar(): Promise<Map<string, number>> {
  const rows = await world.node.db.sql<{ name: string; position: number }[]>`
    SELECT name, position FROM feed_cursors`;
  return new Map(rows.map(({ name, position }) => [name, position]));
}

interface Attempt {
  readonly what: string;
  readonly path: string;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

function attemptsOn(route: Route, nasty: string): Attempt[] {
  const { method, path } = route;
  const json =
    path === '/v1/traces'
      ? { cases: [world.here.caseId], direction: 'forward' }
      : (WHOLE[`${method} ${path}`] ?? {});
  const isBody = method !== 'GET' && method !== 'DELETE';
  const real = path.replace(
    '{id}',
    path.includes('/cases/') ? world.here.caseId : path.includes('/traces/') ? world.here.trace : '0',
  );
  const encoded = encodeURIComponent(Buffer.from(nasty).toString());
  const body = isBody ? { json } : {};
  return [
    ...parametersOf(route, 'path').map((name) => ({
      ...{ what: `path ${name}`, path: path.replace(/{\w+}/, encoded) },
      ...body,
    })),
    ...parametersOf(route, 'query').map((name) => ({
      ...{ what: `query ${name}`, path: `${real}?${name}=${encoded}` },
      ...body,
    })),
    ...(/^[\x20-\x7e]*$/.test(nasty)
      ? parametersOf(route, 'header').map((name) => ({
          ...{ what: `header ${name}`, path: real, headers: { [name]: nasty } },
          ...body,
        }))
      : []),
    ...fieldsOf(route).flatMap((field) =>
      [nasty, [nasty], { [nasty]: nasty }, [[nasty]]].map((value) => ({
        ...{ what: `body ${field}`, path: real, json: { ...json, [field]: value } },
      })),
    ),
  ];
}

const LEAKS = new RegExp(
  [
    'syntax error|SQLSTATE|postgres|relation "|violates|at \\w+ \\(|node_modules|root:x:',
    // Whole names: a key in base64url may hold the letters.
    '(?<![\\w-])pg_(?:catalog|class|type|toast|stat)',
  ].join('|'),
  'i',
);

test('there is something to try', () => {
  expect(routes.length).toBeGreaterThan(12);
  expect(routes.flatMap((route) => attemptsOn(route, 'x')).length).toBeGreaterThan(50);
});

test('nasty strings are refused or taken as text; nothing breaks, changes or shows', async () => {
  const [before, read] = [await allRows(), await readSoFar()];
  const failures: unknown[] = [];
  for (const [n, route] of routes.entries()) {
    for (const nasty of NASTY.filter((_, i) => (i + n) % OF === 0)) {
      for (const { what, path, ...options } of attemptsOn(route, nasty)) {
        const answer = await world.node.call(route.method, path, { ...everybody, ...options });
        const text = JSON.stringify(answer.body);
        const isTaken = answer.status < 300;
        const wrong =
          answer.status >= 500 ||
          LEAKS.test(text.replaceAll(JSON.stringify(nasty).slice(1, -1), '')) ||
          (isTaken && what.startsWith('path ')) ||
          (isTaken && what === 'query ward' && (answer.body.contacts?.length ?? 0) > 0) ||
          answer.headers.has('set-cookie');
        if (wrong)
          failures.push([
            route.method,
            route.path,
            what,
            nasty.slice(0, 40),
            answer.status,
            text.slice(0, 300),
          ]);
      }
    }
  }
  expect(failures).toEqual([]);
  const after = await allRows();
  const changed = [...before].filter((row) => !after.has(row));
  expect(changed).toEqual([]);
  // What was read is not read again, and nobody is beyond what there is.
  const [last] = await world.node.db.sql<{ id: number }[]>`SELECT coalesce(max(id), 0) AS id FROM feed`;
  for (const [name, position] of await readSoFar()) {
    // What is dropped is noted a minute after the start: on a slow machine, in between.
    const least = name === 'forgotten' ? 0 : Number.POSITIVE_INFINITY;
    expect(position, name).toBeGreaterThanOrEqual(read.get(name) ?? least);
    expect(position, name).toBeLessThanOrEqual(last?.id ?? 0);
  }
}, 300_000);

describe('imports', () => {
  const COLUMNS: Readonly<Record<string, Record<string, string>>> = {
    persons: {
      identifiers: 'phone:0912345678',
      name: 'An',
      born_on: '',
      sex: '',
      province: '',
      ward: '',
      address: '',
      household: '',
    },
    places: { place: 'P1', name: '', kind: 'cafe', ward: '', capacity: '', latitude: '', longitude: '' },
    'check-ins': {
      identifier: 'phone:0912345678',
      place: 'P1',
      in_at: '2021-06-01T00:00:00Z',
      out_at: '',
      home_province: '',
    },
    encounters: {
      ...{ identifier_a: 'phone:0912345678', identifier_b: 'phone:0912345679' },
      ...{ from: '2021-06-01T00:00:00Z', until: '2021-06-01T01:00:00Z', rssi: '' },
    },
  };

  test.each(Object.keys(COLUMNS))(
    'of %s store or reject nasty cells, and change nothing else',
    async (kind) => {
      const columns = COLUMNS[kind] as Record<string, string>;
      const before = await allRows();
      const rows = NASTY.flatMap((nasty) =>
        Object.keys(columns).map((name) => ({ ...columns, [name]: nasty })),
      );
      const answer = await world.node.call('POST', `/v1/imports/${kind}`, {
        ...everybody,
        text: rows.map((row) => JSON.stringify(row)).join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      });
      // A cell longer than a row may be ends the file; all others are judged row by row.
      expect([answer.status, answer.body.reason]).toEqual([400, 'LINE_TOO_LONG']);
      const short = rows.filter((row) => Object.values(row).every((cell) => cell.length < 60_000));
      const again = await world.node.call('POST', `/v1/imports/${kind}`, {
        ...everybody,
        text: short.map((row) => JSON.stringify(row)).join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      });
      expect(again.status).toBe(200);
      expect(again.body.accepted + again.body.rejected).toBe(short.length);
      expect(JSON.stringify(again.body)).not.toMatch(LEAKS);
      const kept = (row: string) => /^(?:cases|traces|contacts|openings) /.test(row);
      const after = await allRows();
      expect([...before].filter((row) => kept(row) && !after.has(row))).toEqual([]);
    },
  );
});
