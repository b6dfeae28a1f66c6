/**
 * Tasks as the work list asks for them, and the last list that this device saw.
 */
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { shortInstant } from '../../../shared/web/format.ts';
import { keepSeen, lastSeen } from '../../../shared/web/store.ts';
import { answered, api, type Schema } from '../api.ts';
import { useSession } from '../session.tsx';

export type Task = Schema<'Task'>;
export type Due = 'all' | 'today' | 'overdue';

interface Page {
  readonly tasks: readonly Task[];
  readonly next: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

/** As many as a device keeps for when the network is gone. */
const MOST_KEPT = 500;
const REFRESH_MS = 30_000;

/** The tasks that are due, most urgent first: fifty, then two hundred at a time. */
export function useTasks(due: Due) {
  return useInfiniteQuery({
    queryKey: ['tasks', due],
    queryFn: ({ pageParam }): Promise<Page> => {
      const page = pageParam === undefined ? { limit: 50 } : { limit: 200, after: pageParam };
      return answered(api.GET('/v1/tasks', { params: { query: { due, ...page } } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: REFRESH_MS,
    select: ({ pages }: InfiniteData<Page>) => ({
      tasks: pages.flatMap(({ tasks }) => tasks),
      counts: pages.at(-1)?.counts ?? {},
    }),
  });
}

export interface SeenList {
  readonly tasks: readonly Task[];
  /** When it was seen, as people write it. */
  readonly at: string;
}

/** Keeps `tasks` as the last list seen; the answer is the one of before while there is none of now. */
export function useSeenTasks(due: Due, tasks: readonly Task[] | undefined): SeenList | undefined {
  const { me } = useSession();
  const [seen, setSeen] = useState<SeenList>();
  const name = `tasks.${due}`;
  useEffect(() => {
    if (tasks) void keepSeen(me.subject, name, tasks.slice(0, MOST_KEPT));
    else
      void lastSeen<Task[]>(name, me.subject).then((found) => {
        if (found) setSeen({ tasks: found.value, at: shortInstant(found.atMs) });
      });
  }, [tasks, me.subject, name]);
  return tasks ? undefined : seen;
}
