/**
 * The traces that this province opened or holds contacts of, newest first.
 */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { called, TRACE_STATE_WORDS } from '../../../shared/i18n/words.ts';
import { Loading } from '../../../shared/web/components/loading.tsx';
import { ProblemNote } from '../../../shared/web/components/problem-note.tsx';
import { numberText, shortInstant } from '../../../shared/web/format.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { answered, api } from '../api.ts';
import { useSession } from '../session.tsx';
import { usePage } from '../shell.tsx';
import type { Trace } from './watch.ts';

const REFRESH_MS = 5_000;

export function TracesPage() {
  const { t } = useReading();
  const heading = usePage(t('traces'));
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['traces'],
    queryFn: () => answered(api.GET('/v1/traces', { params: { query: { limit: 50 } } })),
    refetchInterval: REFRESH_MS,
  });
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {t('traces')}
      </h1>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {isPending && !error && <Loading />}
      {data?.traces.length === 0 && <p className="muted">{t('noTraces')}</p>}
      {data && data.traces.length > 0 && (
        <ul className="list">
          {data.traces.map((trace) => (
            <li key={trace.id}>
              <TraceRow trace={trace} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function TraceRow({ trace }: { readonly trace: Trace }) {
  const { t, language } = useReading();
  const { provinceName } = useSession();
  const found = Object.values(trace.contacts.by_degree).reduce((sum, count) => sum + count, 0);
  return (
    <Link className="list-row" href={`/traces/${trace.id}`}>
      <span className="row between">
        <strong>
          {t(trace.direction === 'forward' ? 'traceForward' : 'traceBackward')} ·{' '}
          {provinceName(trace.province)}
        </strong>
        <span className="chip">{called(TRACE_STATE_WORDS, trace.state, language)}</span>
      </span>
      <span className="small muted">
        {trace.opened_at && `${t('openedAt')} ${shortInstant(trace.opened_at)} · `}
        {t('contactsCount')}: {numberText(found, language)}
      </span>
    </Link>
  );
}
