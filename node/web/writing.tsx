/**
 * The outbox of this console: what waits, the sender that tries again, and the line that says so.
 */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import { every, nowMs, within } from '../../shared/web/clock.ts';
import { Outbox, type OutboxEntry, type Sent, waitingOf } from '../../shared/web/outbox.ts';
import { asProblem, problemOf } from '../../shared/web/problem.ts';
import { deviceOutbox } from '../../shared/web/store.ts';
import { useSession } from './session.tsx';

const TRY_EVERY_MS = 5_000;
const PATIENCE_MS = 15_000;
/** So long a write can be taken back. */
export const UNDO_MS = 10_000;
/** While something can be taken back it is looked at more often: it goes when its time is over. */
const LOOK_EVERY_MS = 1_000;

export interface Writing {
  /** What of this person is not sent yet, oldest first. */
  readonly waiting: readonly OutboxEntry[];
  /** Puts a write into the outbox under its key: one that comes twice is one. */
  write(write: Pick<OutboxEntry, 'key' | 'about' | 'path' | 'body'>): Promise<void>;
  /** Takes a write back, or forgets a refused one; false if it is on its way. */
  undo(key: string): Promise<boolean>;
  /** Sends now what is due. */
  send(): Promise<void>;
}

const WritingShared = createContext<Writing | undefined>(undefined);

/** Around all pages: what waits is sent wherever its writer is. */
export function WritingProvider({ children }: { readonly children: ReactNode }) {
  const { me } = useSession();
  const client = useQueryClient();
  const owner = me.subject;
  const outbox = useMemo(() => {
    const about = ['tasks', 'follow-up'];
    const renew = (names: readonly string[]) => {
      for (const name of names) void client.invalidateQueries({ queryKey: [name] });
    };
    const send = (entry: OutboxEntry) =>
      post(entry, { onSent: () => renew(about), onSignedOut: () => renew(['me']) });
    return new Outbox({ store: deviceOutbox, nowMs, alone, send });
  }, [client]);
  const entries = useSyncExternalStore(
    (changed) => outbox.subscribe(changed),
    () => outbox.entries,
  );
  useEffect(() => {
    outbox.load().catch(() => undefined);
    // What the device did not do now it may do the next time.
    const send = () => void outbox.send(owner).catch(() => undefined);
    const soon = every(LOOK_EVERY_MS, () => {
      if (outbox.entries.some((entry) => isNearlyDue(entry))) send();
    });
    const again = every(TRY_EVERY_MS, send);
    addEventListener('online', send);
    document.addEventListener('visibilitychange', send);
    send();
    return () => {
      soon();
      again();
      removeEventListener('online', send);
      document.removeEventListener('visibilitychange', send);
    };
  }, [outbox, owner]);
  const writing = useMemo<Writing>(
    () => ({
      waiting: waitingOf(entries, owner),
      write: (write) => {
        const writtenMs = nowMs();
        return outbox.put({ ...write, owner, writtenMs, sendAfterMs: writtenMs + UNDO_MS });
      },
      undo: (key) => outbox.drop(key),
      send: () => outbox.send(owner),
    }),
    [entries, owner, outbox],
  );
  return <WritingShared value={writing}>{children}</WritingShared>;
}

export function useWriting(): Writing {
  const writing = useContext(WritingShared);
  if (!writing) throw new Error('there is no WritingProvider above');
  return writing;
}

function isNearlyDue({ sendAfterMs, refusal }: OutboxEntry): boolean {
  const leftMs = sendAfterMs - nowMs();
  return !refusal && leftMs <= 0 && leftMs > -TRY_EVERY_MS;
}

/** Rounds and undoing, over all pages of the device: two tabs send nothing twice. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks.request('truyvet-outbox', work) as Promise<T>;
}

interface Told {
  readonly onSent: () => void;
  readonly onSignedOut: () => void;
}

async function post({ key, owner, path, body }: OutboxEntry, told: Told): Promise<Sent> {
  const headers = {
    // Of whom it is: somebody else may have signed in meanwhile, in another tab.
    ...{
      'content-type': 'application/json',
      'idempotency-key': key,
      'truyvet-subject': encodeURIComponent(owner),
    },
    'accept-language': document.documentElement.lang,
  };
  try {
    const signal = within(PATIENCE_MS);
    const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body), signal });
    if (response.ok) {
      told.onSent();
      return 'done';
    }
    const { status, reason, message } = await problemOf(response);
    if (status === 401) told.onSignedOut();
    // No session, too much at once, or trouble of its own: the write is as good as before.
    return status === 401 || status === 408 || status === 429 || status >= 500
      ? 'later'
      : { reason, message };
  } catch (error) {
    return asProblem(error).status === 0 ? 'later' : { reason: 'UNKNOWN', message: String(error) };
  }
}
