/**
 * Secrets on good days and bad ones: tokens, passwords of databases and the content of key files are planted,
 * programs are run, misconfigured and broken, and all that they say is searched for them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { runCommandLine } from '../support/command-line.ts';
import { extent } from '../support/extent.ts';
import { startProcesses } from '../support/federations.ts';
import { findNeedles, type Needle, needlesOf } from '../support/needles.ts';
import { environmentOf } from '../support/process-tree.ts';
import { waitFor } from '../support/wait.ts';

let directory: string;
let federation: Federation;
let wiring: Wiring;
let needles: Needle[];
/** What programs said beside their logs: answers, output of commands and of programs that did not start. */
const said: string[] = [];

const PLANTED = 'planted-secret-7531-canary';
const PLANTED_HEX = '7531cafe'.repeat(8);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'truyvet-secrets-'));
  federation = await startProcesses({
    provinces: ['24', '79'],
    logsDir: join(directory, 'logs'),
    env: { '*': { LOG_LEVEL: 'trace' } },
    intercept: async (planned) => {
      wiring = planned;
      return {};
    },
  });
  needles = await needlesOf([PLANTED, PLANTED_HEX.slice(0, 32), ...(await secretsInUse())]);
});

afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const participants = () => [federation.hub, ...federation.nodes];

async function secretsInUse(): Promise<string[]> {
  const passwords = participants().flatMap(({ pid, databaseUrl }) =>
    [databaseUrl, environmentOf(pid).get('DATABASE_URL') as string].map((url) => new URL(url).password),
  );
  const tokens = participants().map(({ token }) => token.slice(-40));
  const keys = (await filesBelow(join(wiring.directory, 'keys'))).flatMap(secretWords);
  expect(keys.length).toBeGreaterThan(6);
  return [...new Set([...passwords, ...tokens, ...keys])];
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [await readFile(path, 'utf8')];
  const below = await Promise.all((await readdir(path)).map((name) => filesBelow(join(path, name))));
  return below.flat();
}

/** Of private PEM, private JWKs and keys in hexadecimal, what nobody else holds. */
function secretWords(content: string): string[] {
  const pem = /-----BEGIN (?:EC )?PRIVATE KEY-----\n([\s\S]+?)\n-----END/.exec(content)?.[1]?.split('\n');
  const jwk = [...content.matchAll(/"d":"([\w-]+)"/g)].map(([, d]) => d as string);
  // The first line of a PEM is the same for all keys of a kind.
  return [...(pem ?? []).slice(1), ...jwk, ...(content.match(/\b[0-9a-f]{64}\b/g) ?? [])].filter(
    (w) => w.length > 20,
  );
}

async function ask(url: string, path: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(`${url}${path}`, init);
  said.push(JSON.stringify([...response.headers]), await response.text());
}

/** Runs a program or a command to its end with these variables beside those of the node of 24. */
function run(script: string, env: Record<string, string>, args: string[] = []): { status: number | null } {
  const base = Object.fromEntries(environmentOf(federation.node('24').pid));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(packageRoot, 'dist', script), ...args],
    {
      env: { ...base, HTTP_LISTEN: '127.0.0.1:0', GRPC_LISTEN: '127.0.0.1:0', ...env },
      encoding: 'utf8',
      input: '',
      timeout: 60_000,
    },
  );
  said.push(stdout, stderr);
  return { status };
}

async function logs(): Promise<string> {
  const names = await readdir(join(directory, 'logs'));
  return (await Promise.all(names.map((name) => readFile(join(directory, 'logs', name), 'utf8')))).join('\n');
}

test('good days: tokens that are right, wrong, and where they should not be', async () => {
  for (const { url, token } of participants()) {
    const bearer = (value: string) => ({ headers: { authorization: value } });
    await ask(url, '/v1/traces', bearer(`Bearer ${token}`));
    await ask(url, '/v1/traces', bearer(`Bearer ${token}x`));
    await ask(url, '/v1/traces', bearer(`Bearer ${PLANTED}`));
    await ask(url, '/v1/traces', bearer(`Basic ${Buffer.from(`an:${PLANTED}`).toString('base64')}`));
    await ask(url, `/v1/traces?access_token=${token}&after=${PLANTED}`, bearer(`Bearer ${token}`));
    await ask(url, `/v1/${token}`, bearer(`Bearer ${token}`));
    await ask(url, '/v1/traces', { headers: { cookie: `session=${PLANTED}`, 'x-api-key': PLANTED } });
    await ask(url, '/v1/cases', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ password: PLANTED, identifiers: [PLANTED] }),
    });
    for (const path of ['/metrics', '/readyz', '/v1/openapi.json']) await ask(url, path);
  }
  expect(findNeedles([Buffer.from(said.join('\n'))], needles)).toEqual([]);
  expect(findNeedles([Buffer.from(await logs())], needles)).toEqual([]);
  expect(await logs()).toContain('"status":401');
});

const REFUSED: [string, Record<string, string>][] = [
  ['a password that the database refuses', { DATABASE_URL: `postgres://truyvet:${PLANTED}@HOST/node_24` }],
  ['a database that is not there', { DATABASE_URL: `postgres://truyvet:${PLANTED}@HOST/${'no_such_db'}` }],
  ['a URL of another kind', { DATABASE_URL: `mysql://truyvet:${PLANTED}@127.0.0.1/x` }],
  ['a URL that is none', { DATABASE_URL: `postgres://truyvet:${PLANTED}@[::bad/x` }],
  ['an identity directory that is a secret', { IDENTITY_DIR: `/${PLANTED}` }],
  ['an issuer with a password', { OIDC_ISSUER: `not a url ${PLANTED}` }],
  ['an unknown log level', { LOG_LEVEL: PLANTED }],
];

test.each(extent({ quick: REFUSED.slice(0, 1), all: REFUSED }))(
  'a node that does not start because of %s tells no secret',
  async (_, env) => {
    const { host } = new URL(federation.node('24').databaseUrl);
    const told = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replace('HOST', host)]),
    );
    expect(run('node/main.js', told).status).not.toBe(0);
    expect(said.at(-1)).toMatch(/ended by an error/);
    expect(findNeedles([Buffer.from(said.slice(-2).join('\n'))], needles)).toEqual([]);
  },
);

test('a hub whose key files are damaged, all at once, tells nothing of them', async () => {
  const hub = Object.fromEntries(environmentOf(federation.hub.pid));
  const files = Object.entries(hub).filter(([name]) => name.endsWith('_FILE'));
  expect(files.length).toBeGreaterThan(3);
  const damages = [(text: string) => `${text.slice(0, text.length / 2)}${PLANTED}`, () => `"${PLANTED_HEX}`];
  for (const [i, damage] of extent({ quick: damages.slice(0, 1), all: damages }).entries()) {
    const damaged: Record<string, string> = {};
    for (const [name, path] of files) {
      const file = join(directory, `${i}-${name}`);
      await writeFile(file, damage(await readFile(path, 'utf8')), { mode: 0o600 });
      damaged[name] = file;
    }
    const { status } = run('hub/main.js', { ...hub, ...damaged, HTTP_LISTEN: '127.0.0.1:0' });
    expect(status).toBe(1);
    expect(said.at(-1)).toMatch(/INVALID_CONFIG/);
    expect(findNeedles([Buffer.from(said.slice(-2).join('\n'))], needles)).toEqual([]);
  }
});

test('commands with a wrong token, a wrong server or a wrong option tell no secret', async () => {
  const { url, token } = federation.node('24');
  const show = ['trace', 'show', '0'.repeat(32)];
  expect(run('node/cli.js', { TRUYVET_TOKEN: `${token}x`, TRUYVET_URL: url }, show).status).not.toBe(0);
  for (const [env, args] of [
    [{ TRUYVET_TOKEN: `${token}x`, TRUYVET_URL: url }, show],
    [{ TRUYVET_TOKEN: PLANTED, TRUYVET_URL: url }, show],
    [{ TRUYVET_TOKEN: token, TRUYVET_URL: 'http://127.0.0.1:9' }, show],
    [{ TRUYVET_TOKEN: token, TRUYVET_URL: url }, ['--nonsense']],
    [{ DATABASE_URL: `postgres://x:${PLANTED}@127.0.0.1:9/x` }, ['migrate', '--nonsense']],
  ] as [Record<string, string>, string[]][]) {
    const base = Object.fromEntries(environmentOf(federation.node('24').pid));
    const { code, out, err } = await runCommandLine('node', args, { env: { ...base, ...env } });
    expect(code).not.toBe(0);
    said.push(out, err);
  }
  expect(findNeedles([Buffer.from(said.join('\n'))], needles)).toEqual([]);
});

test('bad days: killed programs, a database that cuts off, restarts leave no secret in logs', async () => {
  await federation.kill('79', 'SIGKILL');
  await federation.kill('hub', 'SIGKILL');
  const { url, token, databaseUrl } = federation.node('24');
  await using db = openDatabase(databaseUrl, { max: 1, name: 'test' });
  await db.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database()`;
  await ask(url, '/v1/traces', { headers: { authorization: `Bearer ${token}` } });
  await federation.restart();
  await waitFor('the hub', async () => (await fetch(`${federation.hub.url}/readyz`)).ok);
  const text = await logs();
  expect(text.length).toBeGreaterThan(1_000);
  expect(findNeedles([Buffer.from(text)], needles)).toEqual([]);
});

test('the search finds what is there', () => {
  const planted = Buffer.from(`{"url":"postgres://x:${PLANTED}@h/d","token":"${federation.hub.token}"}`);
  expect(findNeedles([planted], needles).length).toBeGreaterThan(1);
});
