/**
 * A trace as it goes: the node's events, held open while the page is seen and asked for again when they
 * break off. What was seen last stays meanwhile.
 */
import { useEffect, useState } from 'react';
import { after } from '../../../shared/web/clock.ts';
import type { Schema } from '../api.ts';

export type Trace = Schema<'Trace'>;
export type Contact = Schema<'Contact'>;

export interface Watched {
  readonly trace: Trace | undefined;
  /** The first page; undefined until they came, or where this person may not see them. */
  readonly contacts: readonly Contact[] | undefined;
  /** Whether there are more than the first page. */
  readonly more: boolean;
  /** Whether the events have broken off; the browser asks again by itself. */
  readonly broken: boolean;
}

const NOTHING: Watched = { trace: undefined, contacts: undefined, more: false, broken: false };

/** Events that break off while a proxy or a node restarts: shown only if they stay away. */
const PATIENCE_MS = 3_000;

export function useWatchedTrace(id: string): Watched {
  const [watched, setWatched] = useState(NOTHING);
  useEffect(() => {
    const source = new EventSource(`/v1/traces/${id}/events`);
    let forgive = () => {};
    const take = (part: Partial<Watched>) => {
      forgive();
      setWatched((before) => ({ ...before, ...part, broken: false }));
    };
    const onTrace = ({ data }: MessageEvent<string>) => take({ trace: JSON.parse(data) as Trace });
    source.addEventListener('state', onTrace);
    source.addEventListener('progress', onTrace);
    source.addEventListener('contacts', ({ data }: MessageEvent<string>) => {
      const page = JSON.parse(data) as { contacts: Contact[]; next: string | null };
      take({ contacts: page.contacts, more: page.next !== null });
    });
    source.addEventListener('error', () => {
      forgive();
      forgive = after(PATIENCE_MS, () => setWatched((before) => ({ ...before, broken: true })));
    });
    return () => {
      forgive();
      source.close();
    };
  }, [id]);
  return watched;
}
