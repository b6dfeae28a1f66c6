/**
 * A list over HTTP: filters stated once, unknown parameters refused, keyset paging, one form of answer:
 * `{<items>: […], next}`, and beside them what the list says of all of its items.
 */
import { strict as assert } from 'node:assert/strict';
import { z } from '@hono/zod-openapi';
import { type Answering, jsonOf, type Showing, type Shown, toWire } from './json-case.ts';
import { addOperation, type Call, jsonAnswer, type OperationSpec, validOf } from './operation.ts';
import {
  type Cursors,
  cutPage,
  listId,
  nextOutput,
  type PageSize,
  type Place,
  pageParameters,
} from './paging.ts';
import { WITH_CURSOR } from './reasons.ts';
import type { Routes } from './route.ts';

/** What of a list is asked for. */
export interface ListQuery<F extends z.ZodRawShape, K> {
  readonly limit: number;
  /** Place of the last item of the page before; undefined for the first page. */
  readonly after: K | undefined;
  /** Absent ones are undefined. */
  readonly filters: z.output<z.ZodObject<F>>;
}

/** A page whose operation has cut it, and the place of its end if there is more. */
export interface CutPage<T, K> {
  readonly page: readonly T[];
  readonly next: K | undefined;
}

/** Items with what the list says of all of them: `head` as its schema shows it. */
export interface HeadedItems<T> {
  readonly items: readonly T[];
  readonly head: object;
}

export interface ListSpec<
  P extends z.ZodRawShape,
  F extends z.ZodRawShape,
  K extends Place | readonly [],
  O extends z.ZodType,
  T,
> extends OperationSpec<P> {
  /** Name of the array in the answer. */
  readonly items: string;
  readonly output: O;
  readonly pages: PageSize;
  /** Fields beside the items; `find` then answers with `HeadedItems`. */
  readonly head?: z.ZodObject;
  /** Query parameters by name: what is parsed, what the document says and what `find` gets. */
  readonly filters?: F;
  /** The values that the list is ordered by. */
  readonly place: z.ZodType<K>;
  /** From `after` on: `limit` items, and one more if there are more; or a page as it was cut. */
  find(call: Call<P>, query: ListQuery<F, K>): Promise<readonly T[] | CutPage<T, K> | HeadedItems<T>>;
  /** Not needed where `find` cuts the page. */
  placeOf?(item: T): K;
}

/** Adds the route of a list, with `show` where an item is not yet what the answer shows. */
export function addList<
  K extends Place | readonly [],
  O extends z.ZodType,
  T,
  P extends z.ZodRawShape = z.ZodRawShape,
  F extends z.ZodRawShape = z.ZodRawShape,
>(routes: Routes, spec: ListSpec<P, F, K, O, T> & Showing<T, O>): void;
export function addList<
  K extends Place | readonly [],
  O extends z.ZodType,
  T extends Shown<O>,
  P extends z.ZodRawShape = z.ZodRawShape,
  F extends z.ZodRawShape = z.ZodRawShape,
>(routes: Routes, spec: ListSpec<P, F, K, O, T>): void;
export function addList<
  K extends Place | readonly [],
  O extends z.ZodType,
  T,
  P extends z.ZodRawShape,
  F extends z.ZodRawShape,
>(routes: Routes, spec: ListSpec<P, F, K, O, T> & Partial<Showing<T, O>>): void {
  const { items, output, pages, filters: shape, head } = spec;
  const answer = z.object({ ...head?.shape, [items]: z.array(output), next: nextOutput });
  addOperation(
    routes,
    spec,
    {
      method: 'get',
      query: z.object({ ...pageParameters(pages), ...shape }),
      responses: { 200: jsonAnswer(answer, 'OK') },
      reasons: [WITH_CURSOR],
    },
    async (call) => {
      const { limit, after, ...filters } = validOf(call.c, 'query') as PageInput & Record<string, unknown>;
      const list = listId(call.c.req.path, filters);
      const cursors = call.c.get('cursors');
      const place = after === undefined ? undefined : cursors.open(list, after, spec.place);
      const found = await spec.find(call, { limit, after: place, filters: filters as never });
      return call.c.json(pageJson(cursors, { list, limit, spec }, found), 200);
    },
  );
}

interface PageInput {
  readonly limit: number;
  readonly after?: string;
}

interface PageSpec<K extends Place | readonly [], T> extends Answering<T> {
  readonly items: string;
  readonly head?: z.ZodObject;
  placeOf?(item: T): K;
}

/** The answer of a list; `list` is what its cursor is bound to. */
export function pageJson<K extends Place | readonly [], T>(
  cursors: Cursors,
  { list, limit, spec }: { readonly list: string; readonly limit: number; readonly spec: PageSpec<K, T> },
  found: readonly T[] | CutPage<T, K> | HeadedItems<T>,
): Record<string, unknown> {
  const { page, next } = 'page' in found ? found : cutAt(spec, 'items' in found ? found.items : found, limit);
  return {
    ...('head' in found && spec.head ? toWire(spec.head, found.head as Shown<z.ZodObject>) : {}),
    [spec.items]: page.map((item) => jsonOf(spec, item)),
    next: next === undefined ? null : cursors.make(list, next),
  };
}

function cutAt<K extends Place | readonly [], T>(
  spec: PageSpec<K, T>,
  found: readonly T[],
  limit: number,
): CutPage<T, K> {
  const { page, more } = cutPage(found, limit);
  const last = page.at(-1);
  if (!more || last === undefined) return { page, next: undefined };
  assert(spec.placeOf, `${spec.items}: nobody says where a page ends`);
  return { page, next: spec.placeOf(last) };
}

/**
 * The items of a short list that is known as a whole, ordered by one text, behind the place of `query`: for
 * `find` of lists that are no table.
 */
export function itemsAfter<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { limit, after }: ListQuery<z.ZodRawShape, readonly [string]>,
): readonly T[] {
  const sorted = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return sorted.filter((item) => after === undefined || keyOf(item) > after[0]).slice(0, limit + 1);
}
