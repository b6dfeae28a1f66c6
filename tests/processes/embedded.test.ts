import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { candidateAccounts, canRun } from '../../deploy/postgres/embedded/account.ts';
import {
  copyInstallation,
  findInstallation,
  repairLinks,
} from '../../deploy/postgres/embedded/installation.ts';
import { findPlace } from '../../deploy/postgres/embedded/place.ts';
import { startWatchdog } from '../../deploy/postgres/embedded/watchdog.ts';
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startPostgres,
} from '../../deploy/postgres/embedded.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { extent } from '../support/extent.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

async function newRoom(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'truyvet-embedded-'));
  await chmod(directory, 0o755);
  return directory;
}

let room: string;
beforeEach(async () => {
  room = await newRoom();
});
afterEach(() => rm(room, { recursive: true, force: true }));

describe('a server', () => {
  test('keeps its databases from one start to the next', async () => {
    const dataDir = join(room, 'data');
    {
      await using server = await start({ dataDir });
      await server.createDatabase('kept');
      await ask(server, 'kept', 'create table t as select 42 as answer');
      await server.createDatabase('copied', 'kept');
      await server.dropDatabase('kept');
      await server.dropDatabase('kept');
    }
    await using server = await start({ dataDir });
    expect(await ask(server, 'copied', 'select answer from t')).toEqual([{ answer: 42 }]);
    await expect(ask(server, 'kept', 'select 1')).rejects.toMatchObject({ cause: { code: '3D000' } });
  });

  test('leaves nothing behind when temporary', async () => {
    const server = await start({ dataDir: join(room, 'data'), temporary: true });
    await server[Symbol.asyncDispose]();
    await server.exited;
    expect(isAlive(server.pid)).toBe(false);
    expect(await readdir(room)).toEqual([]);
  });

  test('starts again after it was killed', async () => {
    const dataDir = join(room, 'data');
    const first = await start({ dataDir });
    await first.createDatabase('kept');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    // Its children end on their own, and hold its memory until then.
    await expect.poll(() => start({ dataDir }).then(stop, () => false), { timeout: 20_000 }).toBe(true);
  });

  test('does not start on what is not its own, and destroys nothing', async () => {
    await writeFile(join(room, 'precious'), 'x');
    await expect(start({ dataDir: room })).rejects.toMatchObject({ reason: 'DATA_DIRECTORY_NOT_OURS' });
    expect(await readdir(room)).toEqual(['precious']);
  });
});

describe('a running server', () => {
  let own: string;
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    own = await newRoom();
    server = await start({ dataDir: join(own, 'data'), settings: { work_mem: '8MB' } });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await rm(own, { recursive: true });
  });

  test('has the settings asked for, listens on loopback only, and wants a password', async () => {
    const [settings] = await ask(
      server,
      'postgres',
      `select current_setting('work_mem') as work_mem, current_setting('jit') as jit,
         current_setting('listen_addresses') as addresses,
         current_setting('unix_socket_directories') as sockets,
         current_setting('fsync') as fsync`,
    );
    expect(settings).toEqual({
      work_mem: '8MB',
      jit: 'off',
      addresses: '127.0.0.1',
      sockets: '',
      fsync: 'off',
    });
    const guessed = server.url('postgres').replace(/:[^:@]+@/, ':guess@');
    await using stranger = openDatabase(guessed, { max: 1, name: 'stranger' });
    await expect(stranger.sql`select 1`).rejects.toMatchObject({ cause: { code: '28P01' } });
    expect((await stat(join(own, 'data', 'launcher-password'))).mode & 0o777).toBe(0o600);
  });

  test('logs no statement and no value', async () => {
    await ask(server, 'postgres', `select 'planted-value'::int`).catch(() => undefined);
    await ask(server, 'postgres', `create table t (v text unique); insert into t values ('planted-value')`);
    await ask(server, 'postgres', `insert into t values ('planted-value')`).catch(() => undefined);
    const log = await readFile(join(own, 'data', 'server.log'), 'utf8');
    expect(log).toContain('ready to accept connections');
    expect(log).not.toContain('planted');
  });

  test('has its port for itself: another says why it does not start on it', async () => {
    const second = start({ dataDir: join(room, 'data'), port: server.port });
    await expect(second).rejects.toMatchObject({
      reason: 'EMBEDDED_POSTGRES_FAILED',
      cause: { message: expect.stringContaining('Address already in use') },
    });
  });

  test('is noticed when it ends by itself', async () => {
    process.kill(server.pid, 'SIGQUIT');
    await server.exited;
  });
});

describe('no server outlives its launcher', () => {
  const signals: NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT'];
  test.each(extent({ quick: signals.slice(0, 1), all: signals }))('after %s', async (signal) => {
    const launcher = await launch(join(room, 'data'), ['temporary']);
    launcher.child.kill(signal);
    await once(launcher.child, 'exit');
    await expect.poll(() => isAlive(launcher.pid), { timeout: 20_000 }).toBe(false);
    await expect.poll(() => readdir(room), { timeout: 20_000 }).toEqual([]);
  });

  test('and a durable one stops in order', async () => {
    const launcher = await launch(join(room, 'data'), []);
    launcher.child.kill('SIGKILL');
    await expect.poll(() => isAlive(launcher.pid), { timeout: 20_000 }).toBe(false);
    expect(await readFile(join(room, 'data', 'server.log'), 'utf8')).toContain('fast shutdown request');
  });

  test('also by the watchdog alone, which does nothing once dismissed', async () => {
    const module = join(packageRoot, 'dist/deploy/postgres/embedded/watchdog.js');
    const script = `
      import { startWatchdog } from ${JSON.stringify(module)};
      startWatchdog(Number(process.argv[1]), 'QUIT', [process.argv[2]]);
      process.kill(process.pid, 'SIGKILL');`;
    const directory = join(room, 'watched');
    await mkdir(directory);
    const watched = spawn('sleep', ['600']);
    spawn(process.execPath, ['--input-type=module', '-e', script, `${watched.pid}`, directory], {
      stdio: 'inherit',
    });
    const [, signal] = await once(watched, 'exit');
    expect(signal).toBe('SIGQUIT');
    await expect.poll(() => readdir(room)).toEqual([]);

    const spared = spawn('sleep', ['600']);
    const watchdog = startWatchdog(spared.pid as number, 'QUIT', []);
    watchdog.dismiss();
    await expect.poll(() => childrenNamed('watchdog', spared.pid as number)).toEqual([]);
    expect(isAlive(spared.pid as number)).toBe(true);
    spared.kill();
  });
});

describe('accounts and places', () => {
  test.runIf(isRoot)('root: below a directory that only root may enter', async () => {
    await chmod(room, 0o700);
    await using server = await start({ dataDir: join(room, 'data') });
    expect(await ask(server, 'postgres', 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test.runIf(isRoot)('root: with binaries that only root may reach', async () => {
    await chmod(room, 0o700);
    const hidden = await copyTo(join(room, 'native'));
    const reachable = await mkdtemp(join(tmpdir(), 'truyvet-embedded-data-'));
    const accounts = candidateAccounts();
    const [nobody, inName] = accounts;
    expect(await findPlace(reachable, { installation: hidden, accounts })).toEqual({
      installation: hidden,
      account: inName,
    });
    // Where user namespaces are forbidden, a copy of the binaries serves.
    const place = await findPlace(reachable, { installation: hidden, accounts: nobody ? [nobody] : [] });
    expect(place.installation.temporary).toBe(true);
    expect(place.account).toBe(nobody);
    await rm(place.installation.directory, { recursive: true });
    await rm(reachable, { recursive: true });
  });

  test.runIf(isRoot)('root: says so when no account can use the directory', async () => {
    await chmod(room, 0o700);
    const dataDir = join(room, 'data');
    await mkdir(dataDir);
    const impossible = findPlace(dataDir, { accounts: candidateAccounts().slice(0, 1) });
    await expect(impossible).rejects.toMatchObject({ reason: 'NO_ACCOUNT_FOR_POSTGRES' });
  });

  test.runIf(isRoot)('root: a data directory changes its owner with the account', async () => {
    const dataDir = join(room, 'data');
    await stop(await start({ dataDir }));
    expect((await stat(join(dataDir, 'PG_VERSION'))).uid).toBe(NOBODY);
    await chmod(room, 0o700);
    await stop(await start({ dataDir }));
    expect((await stat(join(dataDir, 'PG_VERSION'))).uid).toBe(0);
  });

  const ordinary: [string, number][] = [
    ['without', 12_345],
    ['with', NOBODY],
  ];
  test.runIf(isRoot).each(extent({ quick: ordinary.slice(0, 1), all: ordinary }))(
    'an ordinary user %s a name',
    async (_name, uid) => {
      const home = join(room, 'home');
      await mkdir(home);
      await chown(home, uid, uid);
      const launcher = await launch(join(home, 'data'), [], uid);
      expect((await stat(join(home, 'data', 'PG_VERSION'))).uid).toBe(uid);
      launcher.child.kill('SIGKILL');
      await expect.poll(() => isAlive(launcher.pid), { timeout: 20_000 }).toBe(false);
    },
  );

  test('binaries installed with --ignore-scripts get their links', async () => {
    const copy = await copyTo(join(room, 'native'));
    const links: { target: string }[] = JSON.parse(
      await readFile(join(copy.directory, 'pg-symlinks.json'), 'utf8'),
    );
    for (const { target } of links) await rm(join(room, target));
    const program = join(copy.directory, 'bin', 'postgres');
    const [account] = candidateAccounts();
    const dataDir = join(room, 'data');
    await mkdir(dataDir);
    const runs = () => (account ? canRun(account, program, dataDir) : false);
    expect(await runs()).toBe(false);
    await repairLinks(copy.directory);
    expect(await runs()).toBe(true);
    await repairLinks(copy.directory);
  });
});

function start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  return startPostgres({ durable: false, ...options });
}

async function stop(server: EmbeddedPostgres): Promise<true> {
  await server[Symbol.asyncDispose]();
  return true;
}

async function ask(server: EmbeddedPostgres, database: string, statement: string) {
  await using db = openDatabase(server.url(database), { max: 1, name: 'test' });
  return [...(await db.sql.unsafe(statement))];
}

/** A program of its own that starts a server, as whoever is told. */
async function launch(
  dataDir: string,
  words: string[],
  uid?: number,
): Promise<{ child: ChildProcess; pid: number }> {
  const program = join(packageRoot, 'dist', 'tests', 'support', 'start-postgres.js');
  const child = spawn(process.execPath, [program, dataDir, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, pid: JSON.parse(line).pid };
}

async function copyTo(directory: string) {
  const copy = await copyInstallation(findInstallation());
  await rename(copy.directory, directory).catch(() => cp(copy.directory, directory, { recursive: true }));
  return { directory, temporary: false };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Pids of the processes whose command line holds both words. */
async function childrenNamed(name: string, argument: number): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words.includes(name) && words.includes(`${argument}`)) found.push(pid);
  }
  return found;
}
