/**
 * What this device keeps for the person who works on it: writes that are not sent yet, and what they last
 * saw, for when the network is gone. In IndexedDB, under the name of the program's origin.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { nowMs } from './clock.ts';
import { forgetDrafts } from './draft.ts';
import type { OutboxEntry, OutboxStore } from './outbox.ts';

interface Schema extends DBSchema {
  outbox: { key: string; value: OutboxEntry };
  kept: { key: string; value: Kept };
}

/** Something seen, of whom, and when. */
interface Kept {
  readonly owner: string;
  readonly atMs: number;
  readonly value: unknown;
}

/** What was seen is shown no longer than this without a word from the program. */
const KEPT_MS = 24 * 3_600_000;
const CLOCKS_DIFFER_MS = 300_000;

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>('truyvet', 1, {
    upgrade: (db) => {
      db.createObjectStore('outbox', { keyPath: 'key' });
      db.createObjectStore('kept');
    },
    terminated: again,
  }).catch((error: unknown) => {
    again();
    throw error;
  });
  return opened;
}

/** A device that lost its store once is asked for it anew. */
function again(): void {
  opened = undefined;
}

/** The outbox of this device. */
export const deviceOutbox: OutboxStore = {
  all: async () => (await database()).getAll('outbox'),
  put: async (entry) => {
    await (await database()).put('outbox', entry);
  },
  delete: async (key) => (await database()).delete('outbox', key),
};

/** Keeps what `owner` saw under a name; on a full device nothing is kept, and nothing else fails. */
export async function keepSeen(owner: string, name: string, value: unknown): Promise<void> {
  await database()
    .then((db) => db.put('kept', { owner, atMs: nowMs(), value }, name))
    .catch(() => undefined);
}

/** Takes off the device what is too old to be shown, or from a clock that ran ahead. */
export async function forgetOld(): Promise<void> {
  const db = await database();
  for (const name of await db.getAllKeys('kept')) {
    const found = await db.get('kept', name);
    if (found && isOld(found)) await db.delete('kept', name);
  }
}

function isOld({ atMs }: Kept): boolean {
  return atMs + KEPT_MS < nowMs() || atMs > nowMs() + CLOCKS_DIFFER_MS;
}

/** What was kept under a name not longer than a day ago, and of whom; of anybody where no owner is named. */
export async function lastSeen<T>(name: string, owner?: string): Promise<(Kept & { value: T }) | undefined> {
  const found = await (await database()).get('kept', name);
  if (!found || (owner !== undefined && found.owner !== owner)) return undefined;
  return isOld(found) ? undefined : (found as Kept & { value: T });
}

/** Forgets all that was seen, and drafts; what is not sent yet stays. */
export async function forgetSeen(): Promise<void> {
  forgetDrafts();
  await (await database()).clear('kept');
}
