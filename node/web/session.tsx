/**
 * Who is signed in at this console, what they may do, and what the areas of the province are called.
 */
import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { Loading } from '../../shared/web/components/loading.tsx';
import { ProblemNote } from '../../shared/web/components/problem-note.tsx';
import { useReading } from '../../shared/web/language.tsx';
import { asProblem, Problem } from '../../shared/web/problem.ts';
import { forgetOld, forgetSeen, keepSeen, lastSeen } from '../../shared/web/store.ts';
import { answered, api, type Schema } from './api.ts';

export interface Session {
  readonly me: Schema<'Me'>;
  readonly areas: Schema<'Areas'>;
  /** Whether an act of the program's table is open to the caller. */
  may(act: string): boolean;
  /** `Phường Bắc Lý`; the code itself for a ward elsewhere. */
  wardName(code: string): string;
  provinceName(code: string): string;
}

/** Rights end and change while somebody works. */
const RENEWED = { staleTime: 60_000, refetchInterval: 60_000 };

const SessionShared = createContext<Session | undefined>(undefined);

/** Shows its children to whoever is signed in, and the way in to everybody else. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const me = useQuery({ queryKey: ['me'], queryFn: readMe, ...RENEWED });
  const areas = useQuery({
    ...{ queryKey: ['areas'], queryFn: () => readAreas(me.data?.subject ?? '') },
    ...{ staleTime: Number.POSITIVE_INFINITY, enabled: me.isSuccess },
  });
  const session = useMemo(
    () => (me.data && areas.data ? sessionOf(me.data, areas.data) : undefined),
    [me.data, areas.data],
  );
  const error = me.error ?? areas.error;
  if (error instanceof Problem && error.status === 401) return <SignedOut />;
  if (session) return <SessionShared value={session}>{children}</SessionShared>;
  return (
    <main className="page">
      {error ? <ProblemNote error={error} onRetry={() => void me.refetch()} /> : <Loading />}
    </main>
  );
}

/** The session; pages exist only below `SessionProvider`. */
export function useSession(): Session {
  const session = useContext(SessionShared);
  if (!session) throw new Error('there is no SessionProvider above');
  return session;
}

/** Who is signed in; without a network whoever was last, for a day. A 401 is nobody, and forgets them. */
async function readMe(): Promise<Session['me']> {
  try {
    const me = await answered(api.GET('/v1/me'));
    await forgetOthers(me).catch(() => undefined);
    await keepSeen(me.subject, 'me', me);
    return me;
  } catch (error) {
    if (asProblem(error).status === 401) await forgetSeen();
    const seen = asProblem(error).status === 0 ? await lastSeen<Session['me']>('me') : undefined;
    if (seen) return seen.value;
    throw error;
  }
}

/** Somebody else, or the same person with other rights, sees nothing of what was seen before. */
async function forgetOthers(me: Session['me']): Promise<void> {
  await forgetOld();
  const before = await lastSeen<Session['me']>('me');
  const isSame =
    before?.owner === me.subject && JSON.stringify(before.value.grants) === JSON.stringify(me.grants);
  if (before && !isSame) await forgetSeen();
}

async function readAreas(owner: string): Promise<Session['areas']> {
  try {
    const areas = await answered(api.GET('/v1/areas'));
    await keepSeen(owner, 'areas', areas);
    return areas;
  } catch (error) {
    const seen = await lastSeen<Session['areas']>('areas', owner);
    if (seen) return seen.value;
    throw error;
  }
}

function sessionOf(me: Session['me'], areas: Session['areas']): Session {
  const acts = new Set(me.acts);
  const wards = new Map(areas.wards.map(({ code, name }) => [code, name]));
  const provinces = new Map(areas.provinces.map(({ code, name }) => [code, name]));
  return {
    ...{ me, areas },
    may: (act) => acts.has(act),
    wardName: (code) => wards.get(code) ?? code,
    provinceName: (code) => provinces.get(code) ?? code,
  };
}

function SignedOut() {
  const { t } = useReading();
  const here = `${location.pathname}${location.search}`;
  return (
    <main className="page narrow stack">
      <h1>{t('brand')}</h1>
      <p>{t('signedOut')}</p>
      <p className="muted">{t('signedOutHint')}</p>
      <p>
        <a className="button primary" href={`/auth/login?return_to=${encodeURIComponent(here)}`}>
          {t('signIn')}
        </a>
      </p>
    </main>
  );
}
