/**
 * The work list: what is to be done, most urgent first, and the card of the one that is chosen. The list goes
 * on below the card, so that Back finds it as it was.
 */
import { useMemo, useRef, useState } from 'react';
import type { Language } from '../../../shared/i18n/text.ts';
import { Loading } from '../../../shared/web/components/loading.tsx';
import { ProblemNote } from '../../../shared/web/components/problem-note.tsx';
import { identifierText, numberText, shortInstant } from '../../../shared/web/format.ts';
import { type PlainWord, useReading } from '../../../shared/web/language.tsx';
import { asProblem } from '../../../shared/web/problem.ts';
import { isFoundIn } from '../../../shared/web/search.ts';
import { useUrlState } from '../../../shared/web/use-url-state.ts';
import { useSession } from '../session.tsx';
import { usePage } from '../shell.tsx';
import { useWriting } from '../writing.tsx';
import { ContactCard } from './contact-card.tsx';
import { SyncLine } from './sync-line.tsx';
import { TaskList } from './task-list.tsx';
import { type Due, type Task, useSeenTasks, useTasks } from './tasks.ts';
import { UndoToast } from './undo-toast.tsx';

const USUAL = { due: 'today', task: '' };

export function WorkPage() {
  const { t } = useReading();
  const heading = usePage(t('work'));
  const [{ due, task: chosen }, change] = useUrlState(USUAL);
  const [undoable, setUndoable] = useState<string>();
  const list = useWorkList(due as Due);
  const opener = useRef<HTMLElement>(null);
  const task = useChosen(list.tasks, chosen);
  const next = task && list.tasks?.[list.tasks.indexOf(task) + 1];
  return (
    <div className={task ? 'work with-card' : 'work'}>
      <div className="stack">
        <h1 ref={heading} tabIndex={-1}>
          {t('work')}
        </h1>
        <SyncLine />
        <Filters due={due} onDue={(to) => change({ due: to, task: '' })} />
        <WorkList
          list={list}
          chosen={chosen}
          onChoose={(id, row) => {
            opener.current = row;
            change({ task: String(id) }, 'push');
          }}
        />
      </div>
      {task && (
        <ContactCard
          key={task.id}
          task={task}
          onClose={() => {
            change({ task: '' });
            opener.current?.focus();
          }}
          onWritten={(key) => {
            setUndoable(key);
            change({ task: next ? String(next.id) : '' });
          }}
        />
      )}
      <UndoToast writeKey={undoable} />
    </div>
  );
}

/** The task whose card is open; the list may lose it under typing, and the card stays. */
function useChosen(tasks: readonly Task[] | undefined, chosen: string): Task | undefined {
  const last = useRef<Task>(undefined);
  const found = tasks?.find(({ id }) => String(id) === chosen);
  if (found) last.current = found;
  return String(last.current?.id) === chosen ? last.current : undefined;
}

/** The list as the network, the device's memory, the search and what waits to be sent make it. */
function useWorkList(due: Due) {
  const [wanted, setWanted] = useState('');
  const found = useTasks(due);
  const seen = useSeenTasks(due, found.data?.tasks);
  const { waiting } = useWriting();
  const tasks = useOpenTasks(found.data?.tasks ?? seen?.tasks, { wanted, waiting });
  return { tasks, found, seen, wanted, setWanted };
}

interface WorkListProps {
  readonly list: ReturnType<typeof useWorkList>;
  readonly chosen: string;
  readonly onChoose: (id: number, row: HTMLElement) => void;
}

function WorkList({ list, chosen, onChoose }: WorkListProps) {
  const { t, language } = useReading();
  const { tasks, found, seen, wanted, setWanted } = list;
  return (
    <>
      <input
        type="search"
        className="search"
        aria-label={t('searchHere')}
        placeholder={t('searchHere')}
        value={wanted}
        onChange={({ target }) => setWanted(target.value)}
      />
      {found.error && asProblem(found.error).status !== 0 && (
        <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      )}
      {seen && <p className="note warn">{t('oldList', { at: seen.at })}</p>}
      {found.error && found.data && (
        <p className="note warn">{t('oldList', { at: shortInstant(found.dataUpdatedAt) })}</p>
      )}
      {!tasks && !found.error && <Loading />}
      {tasks && (
        <p className="small muted" role="status">
          {t('byDue', {
            count: numberText(tasks.length, language),
            all: allText(found.data?.counts, language),
          })}
        </p>
      )}
      {tasks?.length === 0 && <p>{t(wanted ? 'nothingFound' : 'nothingToDo')}</p>}
      {tasks && tasks.length > 0 && <TaskList tasks={tasks} chosen={chosen} onChoose={onChoose} />}
      {found.hasNextPage && (
        <button
          type="button"
          className="button"
          disabled={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {t('more')}
        </button>
      )}
    </>
  );
}

/** Kinds are counted up to this many: `999+` is no less. */
const COUNTED_TO = 999;

function allText(counts: Readonly<Record<string, number>> | undefined, language: Language): string {
  if (!counts) return '?';
  const all = Object.values(counts);
  const more = all.some((count) => count >= COUNTED_TO) ? '+' : '';
  return (
    numberText(
      all.reduce((sum, count) => sum + count, 0),
      language,
    ) + more
  );
}

const DUES: readonly (readonly [Due, PlainWord])[] = [
  ['today', 'dueToday'],
  ['overdue', 'dueOverdue'],
  ['all', 'dueAll'],
];

function Filters({ due, onDue }: { readonly due: string; readonly onDue: (due: Due) => void }) {
  const { t } = useReading();
  return (
    <fieldset className="tabs">
      <legend className="visually-hidden">{t('filters')}</legend>
      {DUES.map(([value, word]) => (
        <button
          key={value}
          type="button"
          className="button"
          aria-pressed={due === value}
          onClick={() => onDue(value)}
        >
          {t(word)}
        </button>
      ))}
    </fieldset>
  );
}

interface Looking {
  readonly wanted: string;
  readonly waiting: readonly { readonly path: string; readonly refusal?: unknown }[];
}

/** Without those whose outcome waits to be sent, and only what was searched for. */
function useOpenTasks(tasks: readonly Task[] | undefined, { wanted, waiting }: Looking) {
  const { wardName } = useSession();
  return useMemo(() => {
    const written = new Set(waiting.filter(({ refusal }) => !refusal).map(({ path }) => path));
    return tasks?.filter((task) => {
      if (written.has(`/v1/tasks/${task.id}/outcomes`) || written.has(`/v1/tasks/${task.id}/done`))
        return false;
      const { name, phone, identifiers = [] } = task.follow_up ?? {};
      const numbers = [phone ?? '', ...identifiers].map(identifierText);
      return wanted === '' || isFoundIn(wanted, [name ?? '', ...numbers, wardName(task.ward ?? '')]);
    });
  }, [tasks, wanted, waiting, wardName]);
}
