/**
 * Under which account PostgreSQL runs. It refuses root, so root becomes `nobody`: for real where that account
 * can reach binaries and data, else only in name, in a user namespace that keeps root's access to files.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, lstat, readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** How to start a program under an account. */
export interface Account {
  /** Words before the program's own. */
  readonly prefix: readonly string[];
  /** Set where the words do not change the account themselves. */
  readonly uid: number | undefined;
  /** Who must own the data directory; undefined: whoever we are. */
  readonly owner: number | undefined;
}

/** `nobody` on every Linux. */
const NOBODY = 65_534;

/** Environment of everything that is started here: nothing of ours is inherited. */
export const SPAWN_ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Accounts to try, best first. All that setpriv (util-linux) starts gets SIGINT when we die, however we die;
 * elsewhere the watchdog alone sees to that.
 */
export function candidateAccounts(): Account[] {
  const setpriv = findTool('setpriv');
  const unshare = findTool('unshare');
  const withUs = setpriv ? [setpriv, '--pdeathsig', 'INT'] : [];
  const root = process.getuid?.() === 0;
  const ourself: Account = { prefix: withUs, uid: undefined, owner: undefined };
  const nobody: Account = setpriv
    ? { prefix: [...withUs, ...asNobody], uid: undefined, owner: NOBODY }
    : { prefix: [], uid: NOBODY, owner: NOBODY };
  const inName: Account = {
    prefix: [...withUs, unshare ?? '', '--user', `--map-user=${NOBODY}`, '--'],
    uid: undefined,
    owner: root ? 0 : undefined,
  };
  const first = root ? [nobody] : hasAccountName() ? [ourself] : [];
  return unshare ? [...first, inName] : first;
}

const asNobody = ['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'];

/**
 * Whether a program of `account` can start `program` and write to `directory`, which is given to it if need
 * be.
 */
export async function canRun(account: Account, program: string, directory: string): Promise<boolean> {
  if (account.owner !== undefined) await chownTree(directory, account.owner);
  const [command = '', ...words] = [...account.prefix, '/bin/sh'];
  const script = 'cd "$0" && test -w . && exec "$1" --version';
  const child = spawn(command, [...words, '-c', script, directory, program], {
    cwd: '/',
    env: SPAWN_ENVIRONMENT,
    stdio: 'ignore',
    ...(account.uid === undefined ? {} : { uid: account.uid, gid: account.uid }),
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

/** Gives a data directory to `owner`, unless it is the owner's already. */
async function chownTree(path: string, owner: number): Promise<void> {
  const status = await lstat(path);
  if (status.uid === owner) return;
  if (status.isDirectory()) {
    for (const name of await readdir(path)) await chownTree(join(path, name), owner);
  }
  if (!status.isSymbolicLink()) await chown(path, owner, owner);
}

/** initdb and postgres look their account up by number, and some containers run under one without a name. */
function hasAccountName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function findTool(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
    .map((place) => join(place, name))
    .find((path) => existsSync(path));
}
