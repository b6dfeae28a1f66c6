/**
 * One trace, live: its state, which provinces have answered, whom it has found, and where they are. What has
 * not been answered is `?`, never 0.
 */
import { COVERAGE_WORDS, called, TRACE_STATE_WORDS } from '../../../shared/i18n/words.ts';
import { CoverageBar } from '../../../shared/web/components/coverage-bar.tsx';
import { DegreeMark } from '../../../shared/web/components/degree-mark.tsx';
import { Loading } from '../../../shared/web/components/loading.tsx';
import { numberText, shortInstant } from '../../../shared/web/format.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { useSession } from '../session.tsx';
import { ContactTable } from './contact-table.tsx';
import { type Trace, useWatchedTrace } from './watch.ts';

export function LiveTrace({ id }: { readonly id: string }) {
  const { t } = useReading();
  const { trace, contacts, more, broken } = useWatchedTrace(id);
  return (
    <section className="card stack" aria-labelledby={`trace-${id}`}>
      {trace ? <TraceHead trace={trace} /> : <h2 id={`trace-${id}`}>{t('trace')}</h2>}
      {!trace && <Loading />}
      {broken && (
        <p className="note warn" role="status">
          {t('unreachable')}
        </p>
      )}
      {trace && <TraceCoverage trace={trace} />}
      {trace && <DegreeCounts trace={trace} />}
      {trace && <ProvinceTable trace={trace} />}
      {contacts && <ContactTable trace={id} contacts={contacts} more={more} />}
    </section>
  );
}

function TraceHead({ trace }: { readonly trace: Trace }) {
  const { t, language } = useReading();
  const seconds = numberText(Math.round(trace.elapsed_ms / 100) / 10, language);
  return (
    <div className="row between">
      <h2 id={`trace-${trace.id}`}>{t(trace.direction === 'forward' ? 'traceForward' : 'traceBackward')}</h2>
      <span className="row small">
        <span className="chip" role="status">
          {called(TRACE_STATE_WORDS, trace.state, language)}
        </span>
        {trace.elapsed_ms > 0 && <span className="muted">{t('tookSeconds', { seconds })}</span>}
        <span className="muted">
          {t('rules', { number: trace.rules })} · {t('asOf', { at: shortInstant(trace.as_of) })}
        </span>
      </span>
    </div>
  );
}

/** How many provinces have answered, and what it means that some have not. */
function TraceCoverage({ trace }: { readonly trace: Trace }) {
  const { t } = useReading();
  const { provinceName } = useSession();
  const missing = trace.coverage.filter(({ state }) => state !== 'current');
  const counts = { current: trace.coverage.length - missing.length, all: trace.coverage.length };
  if (trace.coverage.length === 0) return null;
  return (
    <div className="stack">
      <p>
        <span className="label">{t('coverage')}</span> · {t('coverageSays', counts)}
      </p>
      <CoverageBar coverage={trace.coverage} label={t('coverageSays', counts)} />
      {trace.state === 'partial' && missing.length > 0 && (
        <p className="note warn">
          {t('partialHint', {
            provinces: missing.map(({ province }) => provinceName(province)).join(', '),
          })}
        </p>
      )}
    </div>
  );
}

function DegreeCounts({ trace }: { readonly trace: Trace }) {
  const { language } = useReading();
  const degrees = Array.from({ length: trace.max_degree }, (_, index) => index + 1);
  return (
    <p className="row">
      {degrees.map((degree) => (
        <span key={degree} className="row">
          <DegreeMark degree={degree} />
          {degreeText(trace, degree, language)}
        </span>
      ))}
    </p>
  );
}

/** `?` before anybody has answered; `+` while somebody has not: there may be more. */
function degreeText({ coverage, contacts }: Trace, degree: number, language: 'vi' | 'en'): string {
  const answered = coverage.filter(({ state }) => state === 'current').length;
  if (answered === 0) return '?';
  const more = answered < coverage.length ? '+' : '';
  return numberText(contacts.by_degree[degree] ?? 0, language) + more;
}

/** Each province that was asked: whether it has answered, and how many contacts it is responsible for. */
function ProvinceTable({ trace }: { readonly trace: Trace }) {
  const { t, language } = useReading();
  const { provinceName } = useSession();
  return (
    <details open>
      <summary>{t('perProvince')}</summary>
      <div className="table">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('province')}</th>
              <th scope="col">{t('state')}</th>
              <th scope="col" className="number">
                {t('contactsCount')}
              </th>
            </tr>
          </thead>
          <tbody>
            {trace.coverage.map(({ province, state, behind }) => (
              <tr key={province}>
                <th scope="row">{provinceName(province)}</th>
                <td>
                  {called(COVERAGE_WORDS, state, language)}
                  {behind > 0 && <span className="small muted"> · {t('coverageBehind', { behind })}</span>}
                </td>
                <td className="number">{countText(trace, { province, state }, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** `?` for a province that has not answered and of which nothing is known: it may be none, or many. */
function countText(
  trace: Trace,
  { province, state }: { readonly province: string; readonly state: string },
  language: 'vi' | 'en',
): string {
  const count = trace.contacts.by_province[province];
  if (count === undefined) return state === 'current' ? '0' : '?';
  return numberText(count, language);
}
