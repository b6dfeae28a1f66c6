/**
 * The cases of the reader's area, newest first.
 */
import { Link } from 'wouter';
import { Loading } from '../../../shared/web/components/loading.tsx';
import { ProblemNote } from '../../../shared/web/components/problem-note.tsx';
import { dateText, identifierText, shortInstant } from '../../../shared/web/format.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { useSession } from '../session.tsx';
import { usePage } from '../shell.tsx';
import { type Case, useCases } from './queries.ts';

export function CasesPage() {
  const { t } = useReading();
  const { may } = useSession();
  const heading = usePage(t('cases'));
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useCases();
  return (
    <>
      <div className="row between">
        <h1 ref={heading} tabIndex={-1}>
          {t('cases')}
        </h1>
        {may('cases.enter') && (
          <Link className="button primary" href="/cases/new">
            {t('newCase')}
          </Link>
        )}
      </div>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {isPending && !error && <Loading />}
      {data && data.length === 0 && <p className="muted">{t('noCases')}</p>}
      {data && data.length > 0 && (
        <ul className="list">
          {data.map((one) => (
            <li key={one.id}>
              <CaseRow case={one} />
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && (
        <button
          type="button"
          className="button"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {t('more')}
        </button>
      )}
    </>
  );
}

function CaseRow({ case: one }: { readonly case: Case }) {
  const { t } = useReading();
  const { wardName } = useSession();
  return (
    <Link className="list-row" href={`/cases/${one.id}`}>
      <span className="row between">
        <strong>{one.identifiers.map(identifierText).join(' · ')}</strong>
        <span className={`chip ${one.withdrawn_at ? 'warn' : ''}`}>
          {one.withdrawn_at ? t('withdrawn') : t('confirmed')}
        </span>
      </span>
      <span className="small muted">
        {one.onset_on && `${t('onset')} ${dateText(one.onset_on)} · `}
        {one.ward ? wardName(one.ward) : t('noWard')} · {t('entered')} {shortInstant(one.created_at)}
      </span>
    </Link>
  );
}
