/**
 * What somebody has typed and not sent yet, kept on the device under a name: a killed tab loses nothing. It
 * lives in the session's storage, so that it goes with the window and is nobody else's.
 */
import { useCallback, useState } from 'react';

type Fields = Readonly<Record<string, string>>;

export interface DraftState<F extends Fields> {
  readonly draft: F;
  readonly change: (to: Partial<F>) => void;
  readonly forget: () => void;
}

/** The draft `name`, or `empty`. */
export function useDraft<F extends Fields>(name: string, empty: F): DraftState<F> {
  const place = `truyvet.draft.${name}`;
  const [draft, setDraft] = useState<F>(() => ({ ...empty, ...read(place) }));
  const change = useCallback(
    (to: Partial<F>) =>
      setDraft((before) => {
        const next = { ...before, ...to };
        sessionStorage.setItem(place, JSON.stringify(next));
        return next;
      }),
    [place],
  );
  const forget = useCallback(() => {
    sessionStorage.removeItem(place);
    setDraft(empty);
  }, [place, empty]);
  return { draft, change, forget };
}

/** Forgets all drafts of this window: the next who signs in is somebody else. */
export function forgetDrafts(): void {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith('truyvet.draft.')) sessionStorage.removeItem(name);
  }
}

function read(place: string): object {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? '{}') as object;
  } catch {
    return {};
  }
}
