/**
 * The launcher with stand-in programs, as processes: what it prints, restarts, failures at start, and that
 * nothing of it is left however it ends. Waits on conditions; the limits of waiting are vitest's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import type { FederationSummary } from '../../deploy/federation/participant.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { TEMPLATES } from '../support/database.ts';
import { extent } from '../support/extent.ts';
import { waitFor } from '../support/wait.ts';

const launcher = join(packageRoot, 'dist/tests/support/stand-in-federation.js');

let directory: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'launcher-test-'));
});

afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await waitFor('an empty directory', async () => (await readdir(directory)).length === 0);
  await rm(directory, { recursive: true });
});

interface Launched {
  readonly process: ChildProcess;
  readonly launcherPid: number;
  readonly summary: FederationSummary;
  readonly pids: readonly number[];
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, {
    cwd: packageRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  return child;
}

/** The first line of JSON that a command prints, and who printed it. */
async function launch(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Launched> {
  const child = run(command, args, env);
  for await (const line of createInterface({ input: child.stdout! })) {
    if (!line.startsWith('{')) continue;
    const summary = JSON.parse(line) as FederationSummary;
    const pids = [summary.hub.pid, ...summary.nodes.map(({ pid }) => pid)];
    return { process: child, launcherPid: parentOf(summary.hub.pid)!, summary, pids };
  }
  throw new Error('no line of JSON');
}

const launchDirectly = (...args: string[]) => launch(process.execPath, [launcher, '--json', ...args]);

/** For what is not about the embedded server: the tests' own cluster. */
const inCluster = () => ({ DATABASE_URL: inject('adminUrl') });
/** For what is not about databases either. */
const withTemplates = () => ({ ...inCluster(), STAND_IN_TEMPLATES: JSON.stringify(TEMPLATES) });

async function outcomeOf(
  child: ChildProcess,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk) => {
    text.stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    text.stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...text };
}

/** Parent of a living process; undefined for one that has ended. */
function parentOf(pid: number): number | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

const allGone = (pids: readonly number[]) =>
  waitFor('the end of all', () => !pids.some((pid) => parentOf(pid)));

/** What a launched federation of 24, 79 and 01 has printed. */
async function checkPrinted({ summary }: Launched): Promise<void> {
  expect(summary.nodes.map(({ province }) => province)).toEqual(['24', '79', '01']);
  for (const { url, token, database_url } of [summary.hub, ...summary.nodes]) {
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(token.split('.')).toHaveLength(3);
    expect(database_url).toMatch(/^postgres:\/\//);
  }
  const databases = [summary.hub, ...summary.nodes].map(
    (participant) => new URL(participant.database_url).pathname,
  );
  expect(databases).toEqual(['/hub', '/node_24', '/node_79', '/node_01']);
}

const ENDS: [string, NodeJS.Signals][] = [
  ['a kill that it cannot catch', 'SIGKILL'],
  ['SIGTERM', 'SIGTERM'],
  ['Ctrl-C', 'SIGINT'],
];

test.each(extent({ quick: ENDS.slice(0, 1), all: ENDS }))(
  'prints hub and nodes in the order asked for, each answering at its url; nothing is left after %s',
  async (_, signal) => {
    const launched = await launchDirectly('--provinces', '24,79,01', '--empty');
    await checkPrinted(launched);
    const ended = outcomeOf(launched.process);
    launched.process.kill(signal);
    expect((await ended).code).toBe(signal === 'SIGKILL' ? null : 0);
    await allGone(launched.pids);
  },
);

const npmChain = (options: string) => ['exec', '--offline', '-c', `node ${launcher} --json ${options}`];

/** Who is killed, of a caller who started npm, which started the launcher. */
const KILLED = ['its caller', 'npm itself'];

test.each(extent({ quick: KILLED.slice(0, 1), all: KILLED }))(
  'under npm, nothing is left when %s was killed',
  async (killed) => {
    const npm = JSON.stringify(npmChain('--provinces 24'));
    const script = `require('child_process').spawn('npm', ${npm}, {stdio: 'inherit'})`;
    const launched = await (killed === 'its caller'
      ? launch(process.execPath, ['-e', script], withTemplates())
      : launch('npm', npmChain('--provinces 24'), withTemplates()));
    expect(parentOf(launched.launcherPid)).not.toBe(launched.process.pid);
    launched.process.kill('SIGKILL');
    await allGone([launched.launcherPid, ...launched.pids]);
  },
);

test('a program that ends at start fails the launch with the end of its log', async () => {
  const env = {
    ...withTemplates(),
    STAND_IN_ENV: JSON.stringify({ 79: { STAND_IN_FAILURE: 'cannot reach the moon' } }),
  };
  const { code, stdout, stderr } = await outcomeOf(
    run(process.execPath, [launcher, '--json', '--provinces', '24,79'], env),
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('node-79 ended at start');
  expect(stderr).toContain('cannot reach the moon');
});

const REFUSED: [string, string[], string][] = [
  ['an unknown province', ['--provinces', '24,99'], '99: no such province'],
  ['no province', ['--provinces', ''], 'no such province'],
  ['too many', ['--provinces', 'first:64'], 'must be from 1 to 63'],
  ['an unknown option', ['--privinces', '24'], 'unknown option'],
];

test.each(extent({ quick: REFUSED.slice(0, 2), all: REFUSED }))('refuses %s', async (_, args, message) => {
  const { code, stdout, stderr } = await outcomeOf(run(process.execPath, [launcher, '--json', ...args]));
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(message);
});

test('in a server of its own choice it makes databases, starts the killed, takes all away', async () => {
  await using db = openDatabase(inject('adminUrl'), { max: 1, name: 'test' });
  const { process: child, summary, launcherPid } = await launchWithVariables();
  const prefix = /truyvet_[0-9a-f]{8}_/.exec(summary.hub.database_url)?.[0] as string;
  const mine = async () => {
    const rows = await db.sql<{ name: string }[]>`
      select name from (select datname from pg_database union all select rolname from pg_roles) as own(name)
      where starts_with(name, ${prefix})`;
    return rows.map(({ name }) => name.slice(prefix.length)).sort();
  };
  const databases = ['hub', 'hub_template', 'node_24', 'node_template'];
  expect(await mine()).toEqual([...databases, 'hub_program', 'node_24_program'].sort());
  expect(new URL(summary.hub.database_url).port).toBe(new URL(inject('adminUrl')).port);
  await checkVariables(summary);
  await checkRestart(summary, launcherPid);
  child.kill('SIGTERM');
  await waitFor('nothing of it', async () => (await mine()).length === 0);
});

const launchWithVariables = () =>
  launch(process.execPath, [launcher, '--json', '--provinces', '24'], {
    ...inCluster(),
    LOG_LEVEL: 'warn',
    SECRET_OF_THE_CALLER: 'x',
    STAND_IN_ENV: JSON.stringify({ hub: { ROUND_DEADLINE_MS: '750' } }),
  });

/** Programs get their own variables, those of the caller that they may know, and no others. */
async function checkVariables(summary: FederationSummary): Promise<void> {
  const hub = (await (await fetch(`${summary.hub.url}/env`)).json()) as Record<string, string>;
  const node = (await (await fetch(`${summary.nodes[0]!.url}/env`)).json()) as Record<string, string>;
  expect(hub).toMatchObject({ LOG_LEVEL: 'warn', ROUND_DEADLINE_MS: '750', OIDC_AUDIENCE: 'truyvet-hub' });
  expect(hub).not.toHaveProperty('SECRET_OF_THE_CALLER');
  expect(node).toMatchObject({
    IDENTITY_DIR: expect.stringMatching(/node-24$/),
    OIDC_AUDIENCE: 'truyvet-node-24',
  });
  expect(node).not.toHaveProperty('ROUND_DEADLINE_MS');
  expect(hub).not.toHaveProperty('IDENTITY_DIR');
  expect(node).not.toHaveProperty('OPRF_KEY_FILE');
}

/** SIGHUP starts a killed program again, at the same url. */
async function checkRestart(summary: FederationSummary, launcherPid: number): Promise<void> {
  const [{ pid, url }] = summary.nodes as [FederationSummary['nodes'][0]];
  process.kill(pid, 'SIGKILL');
  // Its launcher has been told of its end, too.
  await waitFor('the end of it', () => !existsSync(`/proc/${pid}`));
  await expect(fetch(`${url}/readyz`)).rejects.toThrow();
  expect(parentOf(summary.hub.pid)).toBe(launcherPid);
  process.kill(launcherPid, 'SIGHUP');
  await waitFor('the node', async () => (await fetch(`${url}/readyz`)).ok);
}
