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
  /** Whether the events have broken off; they are asked for again. */
  readonly broken: boolean;
}

const NOTHING: Watched = { trace: undefined, contacts: undefined, more: false, broken: false };

/** Events that break off while a proxy or a node restarts: shown only if they stay away. */
const PATIENCE_MS = 3_000;
const AGAIN_MS = 5_000;

export function useWatchedTrace(id: string): Watched {
  const [watched, setWatched] = useState(NOTHING);
  useEffect(() => {
    let stop = () => {};
    const begin = () => {
      stop = watch(id, {
        take: (part) => setWatched((before) => ({ ...before, ...part, broken: false })),
        broke: () => setWatched((before) => ({ ...before, broken: true })),
        ended: () => {
          stop = after(AGAIN_MS, begin);
        },
      });
    };
    begin();
    return () => stop();
  }, [id]);
  return watched;
}

interface Listening {
  readonly take: (part: Partial<Watched>) => void;
  /** The events have stayed away. */
  readonly broke: () => void;
  /** They were refused, or answered with an error: the browser does not ask again. */
  readonly ended: () => void;
}

/** Listens to the events of a trace; the answer ends that. */
function watch(id: string, { take, broke, ended }: Listening): () => void {
  const source = new EventSource(`/v1/traces/${id}/events`);
  let forgive = () => {};
  const heard = (part: Partial<Watched>) => {
    forgive();
    take(part);
  };
  const onTrace = ({ data }: MessageEvent<string>) => heard({ trace: JSON.parse(data) as Trace });
  source.addEventListener('state', onTrace);
  source.addEventListener('progress', onTrace);
  source.addEventListener('contacts', ({ data }: MessageEvent<string>) => {
    const page = JSON.parse(data) as { contacts: Contact[]; next: string | null };
    heard({ contacts: page.contacts, more: page.next !== null });
  });
  source.addEventListener('error', () => {
    forgive();
    forgive = after(PATIENCE_MS, broke);
    if (source.readyState === EventSource.CLOSED) ended();
  });
  return () => {
    forgive();
    source.close();
  };
}
