/**
 * Reading one thing over HTTP, with its version as ETag where it has one. No answer is kept by a cache
 * (no-store), so that `If-None-Match` is not asked for: the tag is for `If-Match` of the change that follows.
 */
import { z } from '@hono/zod-openapi';
import { jsonOf, type Showing, type Shown } from './json-case.ts';
import { addOperation, type Call, jsonAnswer, type OperationSpec, validOf } from './operation.ts';
import type { Routes } from './route.ts';
import { ETAG_HEADER, versionHeader } from './versions.ts';

export interface ReadSpec<P extends z.ZodRawShape, Q extends z.ZodRawShape, O extends z.ZodType, T>
  extends OperationSpec<P> {
  readonly output: O;
  readonly query?: Q;
  find(call: Call<P>, query: z.output<z.ZodObject<Q>>): Promise<T> | T;
  /** What the ETag says; null for what cannot be changed here. Nothing that changes goes without. */
  versionOf?(found: T): number | null;
}

/** Adds the route of a read, with `show` where what is found is not yet what the answer shows. */
export function addRead<
  O extends z.ZodType,
  T,
  P extends z.ZodRawShape = z.ZodRawShape,
  Q extends z.ZodRawShape = z.ZodRawShape,
>(routes: Routes, spec: ReadSpec<P, Q, O, T> & Showing<T, O>): void;
export function addRead<
  O extends z.ZodType,
  T extends Shown<O>,
  P extends z.ZodRawShape = z.ZodRawShape,
  Q extends z.ZodRawShape = z.ZodRawShape,
>(routes: Routes, spec: ReadSpec<P, Q, O, T>): void;
export function addRead<O extends z.ZodType, T, P extends z.ZodRawShape, Q extends z.ZodRawShape>(
  routes: Routes,
  spec: ReadSpec<P, Q, O, T> & Partial<Showing<T, O>>,
): void {
  const { output, query, versionOf } = spec;
  const ok = jsonAnswer(output, 'OK');
  addOperation(
    routes,
    spec,
    {
      method: 'get',
      ...(query && { query: z.object(query) }),
      responses: { 200: versionOf ? { ...ok, headers: ETAG_HEADER } : ok },
      reasons: [],
    },
    async (call) => {
      const asked = query ? validOf(call.c, 'query') : {};
      const found = await spec.find(call, asked as z.output<z.ZodObject<Q>>);
      const headers = versionHeader(versionOf?.(found));
      return call.c.json(jsonOf<T>(spec, found), 200, headers);
    },
  );
}
