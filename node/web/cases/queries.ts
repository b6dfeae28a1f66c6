/**
 * Cases as the pages ask for them.
 */
import { type InfiniteData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { answered, api, type Schema } from '../api.ts';

export type Case = Schema<'Case'>;

interface Page {
  readonly cases: readonly Case[];
  readonly next: string | null;
}

/** The cases of the caller's area, newest first, fifty at a time. */
export function useCases() {
  return useInfiniteQuery({
    queryKey: ['cases'],
    queryFn: ({ pageParam }): Promise<Page> =>
      answered(
        api.GET('/v1/cases', {
          params: { query: { limit: 50, ...(pageParam !== undefined && { after: pageParam }) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    select: ({ pages }: InfiniteData<Page>) => pages.flatMap(({ cases }) => cases),
  });
}

export function useCase(id: string) {
  return useQuery({
    queryKey: ['case', id],
    queryFn: () => answered(api.GET('/v1/cases/{id}', { params: { path: { id } } })),
  });
}
