/**
 * The rows of the work list: only those on the screen are in the page, however many there are.
 */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import { called } from '../../../shared/i18n/words.ts';
import { TASK_KIND_WORDS } from '../../../shared/i18n/work-words.ts';
import { nowMs } from '../../../shared/web/clock.ts';
import { DegreeMark } from '../../../shared/web/components/degree-mark.tsx';
import { identifierText, shortInstant } from '../../../shared/web/format.ts';
import { useReading } from '../../../shared/web/language.tsx';
import { useSession } from '../session.tsx';
import type { Task } from './tasks.ts';

const ROW_PX = 84;

export interface TaskListProps {
  readonly tasks: readonly Task[];
  /** Id of the one whose card is open. */
  readonly chosen: string;
  readonly onChoose: (id: number, row: HTMLElement) => void;
}

export function TaskList({ tasks, chosen, onChoose }: TaskListProps) {
  const { t } = useReading();
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const rows = useWindowVirtualizer({
    count: tasks.length,
    estimateSize: () => ROW_PX,
    overscan: 8,
    scrollMargin: top,
    getItemKey: (index) => tasks[index]?.id ?? index,
  });
  const step = (event: React.KeyboardEvent, by: number) => {
    const row = (event.target as HTMLElement).closest('li');
    const to = by > 0 ? row?.nextElementSibling : row?.previousElementSibling;
    to?.querySelector('button')?.focus();
    event.preventDefault();
  };
  return (
    <ul
      ref={list}
      className="list rows"
      aria-label={t('work')}
      style={{ height: rows.getTotalSize() }}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown') step(event, 1);
        if (event.key === 'ArrowUp') step(event, -1);
      }}
    >
      {rows.getVirtualItems().map(({ index, key, start }) => (
        <li
          key={key}
          ref={rows.measureElement}
          data-index={index}
          aria-setsize={tasks.length}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${start - top}px)` }}
        >
          <TaskRow task={tasks[index] as Task} chosen={chosen} onChoose={onChoose} />
        </li>
      ))}
    </ul>
  );
}

function TaskRow({ task, chosen, onChoose }: Omit<TaskListProps, 'tasks'> & { readonly task: Task }) {
  const { t, language } = useReading();
  const { wardName } = useSession();
  const { follow_up: person } = task;
  const late = Date.parse(task.due_at) < nowMs();
  return (
    <button
      type="button"
      className="list-row"
      aria-current={String(task.id) === chosen ? 'true' : undefined}
      onClick={({ currentTarget }) => onChoose(task.id, currentTarget)}
    >
      <span className="row between">
        <strong>{person?.name ?? t('noName')}</strong>
        <span className="row small">
          {person?.degree != null && <DegreeMark degree={person.degree} />}
          {late && <span className="chip bad">{t('overdue')}</span>}
        </span>
      </span>
      <span className="row between small">
        <span className="muted">
          {person?.phone ? identifierText(`phone:${person.phone}`) : t('noPhone')} ·{' '}
          {task.ward ? wardName(task.ward) : t('noWard')}
        </span>
        <span>
          {called(TASK_KIND_WORDS, task.kind, language)} {t('before', { at: shortInstant(task.due_at) })}
        </span>
      </span>
    </button>
  );
}
