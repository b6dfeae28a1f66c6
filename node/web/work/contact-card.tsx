/**
 * The card of one task: who it is, how to reach them, why, what was done before, and what came of it. On a
 * phone it covers the list, on a wide screen it stands beside it. Never who the case is.
 */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { called, PLACE_KIND_WORDS } from '../../../shared/i18n/words.ts';
import {
  FLAG_WORDS,
  FOLLOW_UP_STATE_WORDS,
  OUTCOME_WORDS,
  TASK_KIND_WORDS,
} from '../../../shared/i18n/work-words.ts';
import { DegreeMark } from '../../../shared/web/components/degree-mark.tsx';
import { dateText, identifierText, shortInstant, spanText } from '../../../shared/web/format.ts';
import { type PlainWord, useReading } from '../../../shared/web/language.tsx';
import { answered, api, type Schema } from '../api.ts';
import { useSession } from '../session.tsx';
import { OutcomeForm } from './outcome-form.tsx';
import { SimpleTaskForm } from './simple-task-form.tsx';
import type { Task } from './tasks.ts';

type FollowUp = Schema<'FollowUp'>;

export interface ContactCardProps {
  readonly task: Task;
  readonly onClose: () => void;
  /** Told the key of the write. */
  readonly onWritten: (key: string) => void;
}

export function ContactCard({ task, onClose, onWritten }: ContactCardProps) {
  const { t, language } = useReading();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const person = task.follow_up;
  const found = useQuery({
    queryKey: ['follow-up', person?.id],
    queryFn: () =>
      answered(api.GET('/v1/follow-ups/{id}', { params: { path: { id: person?.id as string } } })),
    enabled: person !== null,
  });
  return (
    <section
      className="card sheet stack"
      aria-labelledby="card-title"
      onKeyDown={({ key }) => key === 'Escape' && onClose()}
    >
      <div className="row between">
        <h2 id="card-title" ref={heading} tabIndex={-1}>
          {person?.name ?? t('noName')}
        </h2>
        <button type="button" className="button plain" onClick={onClose}>
          {t('close')}
        </button>
      </div>
      <p className="row small">
        {person?.degree != null && <DegreeMark degree={person.degree} />}
        {person?.day != null && <span>{t('dayOf', { day: person.day })}</span>}
        <span>
          {called(TASK_KIND_WORDS, task.kind, language)} · {t('due', { at: shortInstant(task.due_at) })}
        </span>
        {person?.flags.map((flag) => (
          <span key={flag} className="chip warn">
            {called(FLAG_WORDS, flag, language)}
          </span>
        ))}
      </p>
      <CallButton phone={person?.phone ?? null} />
      {found.data && <Exposures followUp={found.data} />}
      <TaskForm task={task} onWritten={onWritten} />
      {found.data && <History followUp={found.data} />}
    </section>
  );
}

function TaskForm({ task, onWritten }: Omit<ContactCardProps, 'onClose'>) {
  const { t } = useReading();
  if (!task.allowed.some((command) => command === 'attempt' || command === 'done'))
    return <p className="note">{t('notNow')}</p>;
  return task.kind === 'call' || task.kind === 'visit' ? (
    <OutcomeForm task={task} onWritten={onWritten} />
  ) : (
    <SimpleTaskForm task={task} onWritten={onWritten} />
  );
}

function CallButton({ phone }: { readonly phone: string | null }) {
  const { t } = useReading();
  if (phone === null) return <p className="note warn">{t('noPhone')}</p>;
  return (
    <a className="button" href={`tel:${phone}`}>
      {t('call', { phone: identifierText(`phone:${phone}`) })}
    </a>
  );
}

const WHY: Readonly<Record<string, PlainWord>> = {
  ...{ place: 'whyPlace', household: 'whyHousehold', encounter: 'whyEncounter' },
};

function Exposures({ followUp }: { readonly followUp: FollowUp }) {
  const { t, language } = useReading();
  const { provinceName } = useSession();
  return (
    <div>
      <h3>{t('why')}</h3>
      <ul>
        {followUp.exposures.map((one) => (
          <li key={`${one.trace} ${one.direction}`} className={one.withdrawn ? 'withdrawn' : undefined}>
            {one.settings.map((setting) => WHY[setting] && t(WHY[setting])).join('; ')}
            <span className="small muted">
              {' '}
              · {one.seconds > 0 && `${spanText(one.seconds, language)} · `}
              {shortInstant(one.last_exposed_at)}
              {one.place_kinds.map((kind) => ` · ${called(PLACE_KIND_WORDS, kind, language)}`)} ·{' '}
              {one.exposed_in.map(provinceName).join(', ')}
              {one.withdrawn && ` · ${t('withdrawn')}`}
            </span>
          </li>
        ))}
      </ul>
      <p className="row small">
        <span className="chip">{called(FOLLOW_UP_STATE_WORDS, followUp.state, language)}</span>
        {followUp.quarantine_until && (
          <span>
            {t('quarantineUntil')} {dateText(followUp.quarantine_until)}
          </span>
        )}
        {followUp.watch_until && (
          <span>
            {t('watchUntil')} {dateText(followUp.watch_until)}
          </span>
        )}
      </p>
    </div>
  );
}

function History({ followUp }: { readonly followUp: FollowUp }) {
  const { t, language } = useReading();
  const { calls, tasks } = followUp;
  return (
    <details>
      <summary>
        {t('history')} · {t('callsBefore', { count: calls.length })}
      </summary>
      <ul className="stack small">
        {calls.map(({ at, outcome, note }) => (
          <li key={at}>
            {shortInstant(at)} · {called(OUTCOME_WORDS, outcome ?? '', language)}
            {note && <span className="muted"> · {note}</span>}
          </li>
        ))}
      </ul>
      <h3>{t('otherTasks')}</h3>
      <ul className="stack small">
        {tasks.map(({ id, kind, due_at: due, done_at: done }) => (
          <li key={id}>
            {called(TASK_KIND_WORDS, kind, language)} · {shortInstant(done ?? due)}
            {done && ` · ${t('done')}`}
          </li>
        ))}
      </ul>
    </details>
  );
}
