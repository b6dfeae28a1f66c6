/**
 * The OpenAPI documents as others use them: they pass `redocly lint` without a warning, every operation has a
 * name of its own and says what it refuses, every body has an example that counts, and a generated client
 * compiles against a program that calls every route.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { HUB_ROLES, NODE_ROLES } from '../../shared/acts/access.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { personWith } from '../support/callers.ts';
import { createApps } from '../support/http-apps.ts';
import { openapiDocument } from '../support/openapi-document.ts';

const PROGRAMS = ['node', 'hub'] as const;

interface Media {
  readonly example?: unknown;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId?: string;
  readonly parameters?: readonly { name: string; in: string; schema: { example?: unknown } }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

function operationsOf(document: object): Operation[] {
  const { paths } = document as { paths: Record<string, Record<string, Omit<Operation, 'method' | 'path'>>> };
  return Object.entries(paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({ ...operation, method, path })),
  );
}

const lint = async (document: object): Promise<string[]> => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
};

describe.each(PROGRAMS)('the document of the %s', (program) => {
  const document = openapiDocument(program);
  const operations = operationsOf(document);

  it('passes redocly lint without a warning, which would find one', async () => {
    expect(await lint(document)).toEqual([]);
    const broken = JSON.parse(JSON.stringify(document).replace(/"operationId":"[^"]*",?/, ''));
    expect(await lint(broken)).toEqual([expect.stringContaining('operationId')]);
  });

  it('names every operation once', () => {
    const names = operations.map(({ operationId }) => operationId);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
    expect(new Set(names).size).toBe(names.length);
  });

  it('lists the reasons of every operation by status', () => {
    for (const { responses, path, method } of operations) {
      const statuses = Object.keys(responses);
      expect([path, method, statuses]).toEqual([path, method, expect.arrayContaining(['401', '403', '429'])]);
      expect(JSON.stringify(responses['403'])).toContain('"ROLE_REQUIRED"');
    }
  });

  it('has an example with every body, and the route takes it', async () => {
    const roles = program === 'node' ? NODE_ROLES.map((role) => `${role}@24`) : [...HUB_ROLES];
    const app = createApps(async () => personWith(roles))[program];
    for (const operation of operations) {
      for (const [type, { example }] of Object.entries(operation.requestBody?.content ?? {})) {
        expect([operation.path, type, example]).not.toEqual([operation.path, type, undefined]);
        const response = await app.request(pathWithExamples(operation), {
          method: operation.method.toUpperCase(),
          headers: { 'content-type': type },
          body: typeof example === 'string' ? example : JSON.stringify(example),
        });
        // Behind the door and the shapes is nothing: what gets there was taken.
        expect([operation.path, type, response.status]).toEqual([operation.path, type, 500]);
      }
    }
  });

  it('gives a client that compiles against a program that calls every route', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'truyvet-openapi-'));
    try {
      await symlink(join(packageRoot, 'node_modules'), join(directory, 'node_modules'));
      await writeFile(join(directory, 'package.json'), '{"type":"module"}');
      await writeFile(join(directory, 'api.ts'), await typesOf(document));
      await writeFile(join(directory, 'program.ts'), programCalling(operations));
      expect(await compile(directory)).toBe('');
      await writeFile(join(directory, 'wrong.ts'), WRONG);
      expect(await compile(directory)).toContain('wrong.ts');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

function pathWithExamples({ path, parameters = [] }: Operation): string {
  return path.replaceAll(/{(\w+)}/g, (_all, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return String(parameter?.schema.example);
  });
}

async function typesOf(document: object): Promise<string> {
  const script = join(packageRoot, 'tests', 'support', 'openapi-types.mjs');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(document));
  return text(child.stdout);
}

/** A call of each operation, with the examples of the document as literals: they are checked too. */
function programCalling(operations: readonly Operation[]): string {
  const calls = operations.map((operation) => {
    const { method, path, parameters = [], requestBody } = operation;
    const named = parameters.filter((one) => one.in === 'path');
    const params = Object.fromEntries(named.map(({ name, schema }) => [name, schema.example]));
    const [[type = '', body] = []] = Object.entries(requestBody?.content ?? {});
    const init = [
      ...(named.length > 0 ? [`params: { path: ${JSON.stringify(params)} }`] : []),
      ...(body ? [`body: ${JSON.stringify(body.example)}`] : []),
      ...(type && type !== 'application/json' ? [`headers: { 'content-type': '${type}' }`] : []),
    ];
    return `await client.${method.toUpperCase()}('${path}', { ${init.join(', ')} });`;
  });
  return [
    "import createClient from 'openapi-fetch';",
    "import type { paths } from './api.ts';",
    "const client = createClient<paths>({ baseUrl: 'http://127.0.0.1' });",
    ...calls,
    "const { data, error } = await client.GET('/v1/audit', { params: { query: { limit: 1 } } });",
    'const entries: { id: number; at: string }[] = data?.entries ?? [];',
    'const next: string | null = data?.next ?? null;',
    'const reason: string | undefined = error?.reason;',
    'export { entries, next, reason };',
    '',
  ].join('\n');
}

const WRONG = `import createClient from 'openapi-fetch';
import type { paths } from './api.ts';
await createClient<paths>().GET('/v1/audits', {});
`;

const TSCONFIG = {
  compilerOptions: {
    ...{ strict: true, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
    ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], types: [] },
  },
  include: ['*.ts'],
};

/** What the compiler says; nothing if it is content. */
async function compile(directory: string): Promise<string> {
  const compiler = join(packageRoot, 'node_modules', '.bin', 'tsc');
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  return promisify(execFile)(compiler, ['-p', directory]).then(
    () => '',
    (error: { stdout?: string }) => error.stdout ?? String(error),
  );
}
