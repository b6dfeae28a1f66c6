/**
 * A client as an integrator would make it: types generated from an OpenAPI document, and a program that calls
 * every operation through them, compiled and run.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { packageRoot } from '../../shared/package-root.ts';

interface Media {
  readonly example?: unknown;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: { readonly example?: unknown };
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

/** All operations of a document. */
export function operationsOf(document: object): Operation[] {
  const { paths } = document as { paths: Record<string, Record<string, Omit<Operation, 'method' | 'path'>>> };
  return Object.entries(paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({ ...operation, method, path })),
  );
}

/** What came of a call. */
export interface Called {
  readonly name: string;
  readonly status: number;
  /** Of a problem. */
  readonly reason?: string;
}

export interface Run {
  readonly url: string;
  readonly token: string;
  /** The one that `narrowly` calls with. */
  readonly narrowToken: string;
  /** Ids that are there already, by the path of their list. */
  readonly seen: Readonly<Record<string, string>>;
}

export interface Client extends AsyncDisposable {
  /** What the compiler says of the program that calls every operation; nothing if it is content. */
  readonly complaints: string;
  /** What the compiler says of a program besides. */
  compile(program: string): Promise<string>;
  /** Calls every operation; what came of each, in order, and the ids that are there now. */
  run(run: Run): Promise<{ called: Called[]; seen: Record<string, string> }>;
}

/** The client of a document; operations of `narrowly` are called by somebody with lesser rights. */
export async function createClientOf(document: object, narrowly: readonly string[] = []): Promise<Client> {
  const directory = await mkdtemp(join(tmpdir(), 'truyvet-openapi-'));
  await symlink(join(packageRoot, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await writeFile(join(directory, 'api.ts'), await typesOf(document));
  await writeFile(join(directory, 'program.ts'), programCalling(operationsOf(document), narrowly));
  return {
    complaints: await compile(directory),
    compile: async (program) => {
      await writeFile(join(directory, 'other.ts'), program);
      return compile(directory).finally(() => rm(join(directory, 'other.ts')));
    },
    run: async (run) => {
      const env = { ...process.env, RUN: JSON.stringify(run) };
      const options = { env, maxBuffer: 1e7 };
      const program = join(directory, 'out', 'program.js');
      const { stdout } = await promisify(execFile)(process.execPath, [program], options);
      return JSON.parse(stdout);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

async function typesOf(document: object): Promise<string> {
  const script = join(packageRoot, 'tests', 'support', 'openapi-types.mjs');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(document));
  return text(child.stdout);
}

/** Things are made before they are read, changed, decided upon, taken away; rights end last. */
function rankOf({ method, path }: Operation): number {
  if (path.endsWith('/revoke')) return 5;
  const one = path.includes('{');
  return { post: one ? 3 : 0, get: 1, put: 2, patch: 2, delete: 4 }[method] ?? 0;
}

/** A call of each operation, with the examples of the document as literals: they are checked too. */
function programCalling(operations: readonly Operation[], narrowly: readonly string[]): string {
  const inOrder = [...operations].sort((a, b) => rankOf(a) - rankOf(b) || (a.path < b.path ? -1 : 1));
  return [PREAMBLE, ...inOrder.map((operation) => callOf(operation, narrowly)), END].join('\n');
}

function callOf(operation: Operation, narrowly: readonly string[]): string {
  const { method, path, operationId, requestBody, responses } = operation;
  const [[type = '', body] = []] = Object.entries(requestBody?.content ?? {});
  const [answer = ''] = Object.keys(responses['200']?.content ?? {});
  const init = [
    paramsOf(operation),
    ...(body ? [`body: ${withSeen(JSON.stringify(body.example))}`] : []),
    ...(type && type !== 'application/json'
      ? [`headers: { 'content-type': '${type}' }, bodySerializer: (body: string) => body`]
      : []),
    ...(answer && answer !== 'application/json' ? ["parseAs: 'stream'"] : []),
  ].filter((part) => part !== '');
  const caller = narrowly.includes(operationId) ? 'narrow' : 'client';
  const call = `${caller}.${method.toUpperCase()}('${path}', { ${init.join(', ')} })`;
  return `await note('${operationId}', '${method} ${path}', await ${call});`;
}

function paramsOf({ path, parameters = [] }: Operation): string {
  const named = parameters.filter((one) => one.in === 'path');
  const list = path.slice(0, path.indexOf('/{'));
  const params = named.map(({ name, schema }) => {
    const example = JSON.stringify(schema.example);
    const isSeen = name === 'id' && typeof schema.example === 'string';
    return `${name}: ${isSeen ? `seen['${list}'] ?? ${example}` : example}`;
  });
  const asked = parameters
    .filter((one) => one.in === 'query' && one.required === true)
    .map(({ name, schema }) => `${name}: ${JSON.stringify(schema.example)}`);
  const parts = [
    ...(params.length > 0 ? [`path: { ${params.join(', ')} }`] : []),
    ...(asked.length > 0 ? [`query: { ${asked.join(', ')} }`] : []),
  ];
  return parts.length > 0 ? `params: { ${parts.join(', ')} }` : '';
}

/** The case of the examples is the one that was entered. */
function withSeen(json: string): string {
  return json.replace(/"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, (id) => `seen['/v1/cases'] ?? ${id}`);
}

const PREAMBLE = `import createClient from 'openapi-fetch';
import type { paths } from './api.ts';
declare const process: { env: Record<string, string | undefined>; stdout: { write(text: string): void } };
const { url: baseUrl, token, narrowToken, seen } = JSON.parse(process.env.RUN ?? '{}') as {
  url: string; token: string; narrowToken: string; seen: Record<string, string>;
};
const clientOf = (bearer: string) =>
  createClient<paths>({ baseUrl, headers: { authorization: 'Bearer ' + bearer } });
const client = clientOf(token);
const narrow = clientOf(narrowToken);
const called: { name: string; status: number; reason: string | undefined }[] = [];
interface Answer {
  response: Response;
  data?: unknown;
  error?: { reason?: string } | undefined;
}
async function note(name: string, route: string, { response, data, error }: Answer): Promise<void> {
  called.push({ name, status: response.status, reason: error?.reason });
  const { id } = (data ?? {}) as { id?: string };
  if (route.startsWith('post ') && !route.includes('{') && id !== undefined) seen[route.slice(5)] = id;
  // What nobody makes by a call of its own is found in its list.
  const [first] = Object.values(data ?? {}).find((value) => Array.isArray(value)) ?? [];
  if (route.startsWith('get ') && typeof first?.id === 'number') seen[route.slice(4)] ??= String(first.id);
  // A stream of events has no end.
  if (data instanceof ReadableStream) await data.cancel();
}`;

const END = `const { data, error } = await client.GET('/v1/audit', { params: { query: { limit: 1 } } });
const entries: { id: number; at: string }[] = data?.entries ?? [];
const next: string | null = data?.next ?? null;
const reason: string | undefined = error?.reason;
process.stdout.write(JSON.stringify({ called, seen }));
export { entries, next, reason };
`;

const TSCONFIG = {
  compilerOptions: {
    ...{ strict: true, skipLibCheck: true, rewriteRelativeImportExtensions: true, outDir: 'out' },
    ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], types: [] },
  },
  include: ['*.ts'],
};

async function compile(directory: string): Promise<string> {
  const compiler = join(packageRoot, 'node_modules', '.bin', 'tsc');
  return promisify(execFile)(compiler, ['-p', directory]).then(
    () => '',
    (error: { stdout?: string }) => error.stdout ?? String(error),
  );
}
