/**
 * What a page shows is in its address: filters, tab, selection. Back and a shared link find it again. Ids and
 * codes only: an address is written down in logs and histories, so no name and no number of a person.
 */
import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';

/** The usual value of each name; a value that is the usual one stays out of the address. */
type Usual = Readonly<Record<string, string>>;

type Change<U extends Usual> = Partial<{ [Name in keyof U]: string }>;

/** The state of a page and its change; `push` makes a step that Back returns from. */
export function useUrlState<const U extends Usual>(
  usual: U,
): [state: { [Name in keyof U]: string }, change: (to: Change<U>, how?: 'push' | 'replace') => void] {
  const search = useSearch();
  const [path, go] = useLocation();
  const state = useMemo(() => {
    const given = new URLSearchParams(search);
    const entries = Object.entries(usual).map(([name, value]) => [name, given.get(name) ?? value]);
    return Object.fromEntries(entries) as { [Name in keyof U]: string };
  }, [search, usual]);
  const change = useCallback(
    (to: Change<U>, how: 'push' | 'replace' = 'replace') => {
      const next = new URLSearchParams(search);
      for (const [name, value] of Object.entries(to)) {
        if (value === undefined || value === usual[name]) next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      go(text ? `${path}?${text}` : path, { replace: how === 'replace' });
    },
    [search, path, go, usual],
  );
  return [state, change];
}
