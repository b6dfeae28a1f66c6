/**
 * Where tests keep what they write: in memory, where the system has some to offer. Hundreds of databases,
 * each of 500 files, come and go in a run, and a disk would have to forget each of them in earnest.
 */
import { chmodSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const MEMORY = '/dev/shm';
/** Several times what a run holds at one moment. */
const ENOUGH_BYTES = 4 * 2 ** 30;

const NAME = 'truyvet-tests-';

/** A new directory of this run, to be its TMPDIR. */
export function makeRoom(): string {
  const room = mkdtempSync(join(hasMemory() ? MEMORY : tmpdir(), NAME));
  // The embedded server's tests become other users, who have to reach what is theirs in it.
  chmodSync(room, 0o711);
  return room;
}

/** Removes the directory of this run, with all that its tests have left. */
export async function removeRoom(): Promise<void> {
  if (basename(tmpdir()).startsWith(NAME)) await rm(tmpdir(), { recursive: true, force: true });
}

function hasMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    // Programs are started from there, too.
    const mounts = readFileSync('/proc/mounts', 'utf8');
    const noexec = new RegExp(`^\\S+ ${MEMORY} \\S+ \\S*\\bnoexec\\b`, 'm').test(mounts);
    return !noexec && bavail * bsize > ENOUGH_BYTES;
  } catch {
    return false;
  }
}
