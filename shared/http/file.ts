/**
 * Reading something that is no JSON, and may have no end: a file, a stream of events.
 */
import { z } from '@hono/zod-openapi';
import { addOperation, type Call, type OperationSpec, validOf } from './operation.ts';
import type { Routes } from './route.ts';

export interface FileSpec<P extends z.ZodRawShape, Q extends z.ZodRawShape> extends OperationSpec<P> {
  /** Media type of the answer. */
  readonly type: string;
  /** How an answer begins, for the document. */
  readonly example: string;
  readonly query?: Q;
  /** A refusal must be thrown before the answer begins. */
  answer(call: Call<P>, query: z.output<z.ZodObject<Q>>): Promise<Response>;
}

/** Adds the route of a file. */
export function addFile<P extends z.ZodRawShape = z.ZodRawShape, Q extends z.ZodRawShape = z.ZodRawShape>(
  routes: Routes,
  spec: FileSpec<P, Q>,
): void {
  const { type, query, example } = spec;
  addOperation(
    routes,
    spec,
    {
      method: 'get',
      ...(query && { query: z.object(query) }),
      responses: { 200: { description: 'OK', content: { [type]: { schema: z.string(), example } } } },
      reasons: [],
    },
    (call) => spec.answer(call, (query ? validOf(call.c, 'query') : {}) as z.output<z.ZodObject<Q>>),
  );
}
