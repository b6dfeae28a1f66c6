/**
 * The outbox of this console: what waits, the sender that tries again, and the line that says so.
 */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import { every, newKey, nowMs, within } from '../../../shared/web/clock.ts';
import { Outbox, type OutboxEntry, type Sent, waitingOf } from '../../../shared/web/outbox.ts';
import { asProblem, problemOf } from '../../../shared/web/problem.ts';
import { deviceOutbox } from '../../../shared/web/store.ts';
import { useSession } from '../session.tsx';

const TRY_EVERY_MS = 5_000;
const PATIENCE_MS = 15_000;
/** So long a write can be taken back. */
export const UNDO_MS = 10_000;
/** While something can be taken back it is looked at more often: it goes when its time is over. */
const LOOK_EVERY_MS = 1_000;

export interface Writing {
  /** What of this person is not sent yet, oldest first. */
  readonly waiting: readonly OutboxEntry[];
  /** Puts a write into the outbox; the answer is its key. */
  write(write: Pick<OutboxEntry, 'about' | 'path' | 'body'>): Promise<string>;
  undo(key: string): Promise<void>;
}

const WritingShared = createContext<Writing | undefined>(undefined);

/** `onSent` is told after something was taken by the program. */
export function OutboxProvider({ children, onSent }: { children: ReactNode; onSent: () => void }) {
  const { me } = useSession();
  const owner = me.subject;
  const outbox = useMemo(
    () => new Outbox({ store: deviceOutbox, nowMs, send: (entry) => post(entry, onSent) }),
    [onSent],
  );
  const entries = useSyncExternalStore(
    (changed) => outbox.subscribe(changed),
    () => outbox.entries,
  );
  useEffect(() => {
    void outbox.load();
    const send = () => void outbox.send(owner);
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
      write: async (write) => {
        const [key, writtenMs] = [newKey(), nowMs()];
        await outbox.put({ ...write, key, owner, writtenMs, sendAfterMs: writtenMs + UNDO_MS });
        return key;
      },
      undo: (key) => outbox.drop(key),
    }),
    [entries, owner, outbox],
  );
  return <WritingShared value={writing}>{children}</WritingShared>;
}

export function useWriting(): Writing {
  const writing = useContext(WritingShared);
  if (!writing) throw new Error('there is no OutboxProvider above');
  return writing;
}

function isNearlyDue({ sendAfterMs, refusal }: OutboxEntry): boolean {
  const leftMs = sendAfterMs - nowMs();
  return !refusal && leftMs <= 0 && leftMs > -TRY_EVERY_MS;
}

async function post({ key, path, body }: OutboxEntry, onSent: () => void): Promise<Sent> {
  const headers = {
    ...{ 'content-type': 'application/json', 'idempotency-key': key },
    'accept-language': document.documentElement.lang,
  };
  try {
    const signal = within(PATIENCE_MS);
    const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body), signal });
    if (response.ok) {
      onSent();
      return 'done';
    }
    const { status, reason, message } = await problemOf(response);
    // No session, too much at once, or trouble of its own: the write is as good as before.
    return status === 401 || status === 408 || status === 429 || status >= 500
      ? 'later'
      : { reason, message };
  } catch (error) {
    return asProblem(error).status === 0 ? 'later' : { reason: 'UNKNOWN', message: String(error) };
  }
}
