/**
 * What this device keeps for the person who works on it: writes that are not sent yet, and what they last
 * saw, for when the network is gone. In IndexedDB, under the name of the program's origin.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { nowMs } from './clock.ts';
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

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>('truyvet', 1, {
    upgrade: (db) => {
      db.createObjectStore('outbox', { keyPath: 'key' });
      db.createObjectStore('kept');
    },
  });
  return opened;
}

/** The outbox of this device. */
export const deviceOutbox: OutboxStore = {
  all: async () => (await database()).getAll('outbox'),
  put: async (entry) => {
    await (await database()).put('outbox', entry);
  },
  delete: async (key) => (await database()).delete('outbox', key),
};

/** Keeps what `owner` saw under a name. */
export async function keepSeen(owner: string, name: string, value: unknown): Promise<void> {
  await (await database()).put('kept', { owner, atMs: nowMs(), value }, name);
}

/** What was kept under a name not longer than a day ago, and of whom; of anybody where no owner is named. */
export async function lastSeen<T>(name: string, owner?: string): Promise<(Kept & { value: T }) | undefined> {
  const found = await (await database()).get('kept', name);
  if (!found || (owner !== undefined && found.owner !== owner)) return undefined;
  return found.atMs + KEPT_MS < nowMs() ? undefined : (found as Kept & { value: T });
}

/** Forgets all that was seen; what is not sent yet stays. */
export async function forgetSeen(): Promise<void> {
  await (await database()).clear('kept');
}
