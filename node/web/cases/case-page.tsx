/**
 * A case: its facts, what should be looked at again, and the traces that start from it, live.
 */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { Link } from 'wouter';
import { newKey } from '../../../shared/web/clock.ts';
import { Loading } from '../../../shared/web/components/loading.tsx';
import { ProblemNote } from '../../../shared/web/components/problem-note.tsx';
import { dateText, identifierText, shortInstant } from '../../../shared/web/format.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { answered, api } from '../api.ts';
import { useSession } from '../session.tsx';
import { usePage } from '../shell.tsx';
import { LiveTrace } from '../traces/live-trace.tsx';
import { type Case, useCase } from './queries.ts';

export function CasePage({ id }: { readonly id: string }) {
  const { t } = useReading();
  const found = useCase(id);
  const name = found.data ? found.data.identifiers.map(identifierText).join(' · ') : '…';
  // Titles stand in histories and window lists: no number of a person.
  const heading = usePage(t('cases'));
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {t('caseOf', { name })}
      </h1>
      {found.error && <ProblemNote error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Loading />}
      {found.data && <CaseFacts case={found.data} />}
      {found.data && <CaseTraces id={id} />}
    </>
  );
}

function CaseFacts({ case: one }: { readonly case: Case }) {
  const { t } = useReading();
  const { wardName } = useSession();
  const facts: [label: string, value: string | null][] = [
    [t('state'), one.withdrawn_at ? t('withdrawn') : t('confirmed')],
    [t('onset'), one.onset_on && dateText(one.onset_on)],
    [t('sampled'), one.sampled_at && shortInstant(one.sampled_at)],
    [t('isolated'), one.isolated_at && shortInstant(one.isolated_at)],
    [t('ward'), one.ward && wardName(one.ward)],
    [t('entered'), shortInstant(one.created_at)],
  ];
  return (
    <dl className="card facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value ?? t('unknown')}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Traces of the case, the newest first; who may not see traces does not see the part. */
function CaseTraces({ id }: { readonly id: string }) {
  const { t } = useReading();
  const { may } = useSession();
  const traces = useQuery({
    queryKey: ['traces', { case: id }],
    queryFn: () => answered(api.GET('/v1/traces', { params: { query: { case: id, limit: 10 } } })),
    enabled: may('traces.list'),
  });
  const key = useRef(newKey());
  const open = useMutation({
    mutationFn: (direction: 'forward' | 'backward') => {
      const header = { 'idempotency-key': `${key.current}-${direction}` };
      return answered(api.POST('/v1/traces', { body: { cases: [id], direction }, params: { header } }));
    },
    onSuccess: () => void traces.refetch(),
  });
  if (!may('traces.list')) return null;
  const found = traces.data?.traces;
  return (
    <>
      {may('traces.open') && found && (
        <div className="row">
          {(['forward', 'backward'] as const)
            .filter((direction) => !found.some((trace) => trace.direction === direction))
            .map((direction) => (
              <button
                key={direction}
                type="button"
                className="button"
                disabled={open.isPending}
                onClick={() => open.mutate(direction)}
              >
                {t(direction === 'forward' ? 'traceForward' : 'traceBackward')}
              </button>
            ))}
        </div>
      )}
      {(traces.error ?? open.error) && <ProblemNote error={traces.error ?? open.error} />}
      {traces.isPending && <Loading />}
      {found?.length === 0 && <p className="muted">{t('noTraceOfCase')}</p>}
      {found?.map(({ id: trace, direction }, index) =>
        // A browser holds few connections open: the newest is live, the others have their pages.
        index === 0 ? (
          <LiveTrace key={trace} id={trace} />
        ) : (
          <Link key={trace} className="button" href={`/traces/${trace}`}>
            {t(direction === 'forward' ? 'traceForward' : 'traceBackward')}
          </Link>
        ),
      )}
    </>
  );
}
