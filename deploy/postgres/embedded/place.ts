/**
 * Brings together binaries, account and data directory: each of the three may rule out the others.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { type Account, candidateAccounts, canRun } from './account.ts';
import { copyInstallation, findInstallation, type Installation, withLinks } from './installation.ts';

/** Binaries, and an account under which they run and can use the data directory. */
export interface Place {
  readonly installation: Installation;
  readonly account: Account;
}

export interface PlaceOptions {
  readonly installation?: Installation;
  /** To be tried, best first. */
  readonly accounts?: readonly Account[];
}

/**
 * Tries the accounts with what npm installed, then with a copy of it where everybody can read. `dataDir` must
 * exist; it is given to the account. Throws FAILED_PRECONDITION/NO_ACCOUNT_FOR_POSTGRES when no account can
 * use it.
 */
export async function findPlace(dataDir: string, options: PlaceOptions = {}): Promise<Place> {
  const { installation = findInstallation(), accounts = candidateAccounts() } = options;
  for (const prepare of [withLinks, copyInstallation]) {
    const prepared = await prepare(installation);
    const account = await firstThatRuns(accounts, prepared, dataDir);
    if (account) return { installation: prepared, account };
    await removeInstallation(prepared);
  }
  throw new AppError(
    'FAILED_PRECONDITION',
    'NO_ACCOUNT_FOR_POSTGRES',
    `PostgreSQL refuses to run as root, and no other account can use ${dataDir}: choose another directory`,
    { params: { directory: dataDir } },
  );
}

async function firstThatRuns(accounts: readonly Account[], installation: Installation, dataDir: string) {
  const program = join(installation.directory, 'bin', 'postgres');
  for (const account of accounts) {
    if (await canRun(account, program, dataDir)) return account;
  }
  return undefined;
}

/** Removes a copy; leaves what npm installed. */
async function removeInstallation(installation: Installation): Promise<void> {
  if (installation.temporary) await rm(installation.directory, { recursive: true, force: true });
}
