/**
 * What the routes of a list, a read and a command have in common: how they are declared and documented, and
 * what their handlers get. The three ways themselves are list.ts, read.ts and command.ts.
 */
import type { RouteConfig } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { Context, Handler } from 'hono';
import type { Caller } from '../acts/access.ts';
import type { Bilingual } from '../i18n/bilingual.ts';
import type { HttpEnv } from './env.ts';
import type { Reasons } from './reasons.ts';
import { apiRoute, type Routes } from './route.ts';

/** What every route says of itself. */
export interface OperationSpec<P extends z.ZodRawShape> {
  /** Its name in the program's table of acts. */
  readonly act: string;
  /** `operationId` of the document: the operation's own name, unique in its program, never changed. */
  readonly name: string;
  /** As in the document: `/v1/cases/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: Bilingual;
  readonly description?: Bilingual;
  /** What the path's parameters are. */
  readonly params?: P;
  /** What it may refuse beside what every route of its kind may. */
  readonly reasons?: Reasons;
}

/** What a handler gets of every request. */
export interface Call<P extends z.ZodRawShape> {
  readonly caller: Caller;
  readonly params: z.output<z.ZodObject<P>>;
  /** For answers that are more than JSON. */
  readonly c: Context<HttpEnv>;
}

/** What else of a route goes into the document. */
export interface RouteShape {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: NonNullable<NonNullable<RouteConfig['request']>['body']>;
  readonly responses: RouteConfig['responses'];
  readonly reasons: readonly Reasons[];
}

/** Declares the route of `spec` and serves it by `handle`. */
export function addOperation<P extends z.ZodRawShape>(
  routes: Routes,
  spec: OperationSpec<P>,
  shape: RouteShape,
  handle: (call: Call<P>) => Promise<Response>,
): void {
  const { act, name, path, tag, summary, description, params, reasons = {} } = spec;
  const { method, query, headers, body, responses } = shape;
  const request = {
    ...(params && { params: z.object(params) }),
    ...(query && { query }),
    ...(headers && { headers }),
    ...(body && { body }),
  };
  const config = {
    ...{ method, path, summary, tags: [tag], operationId: name, request, responses },
    ...(description !== undefined && { description }),
  };
  const route = apiRoute(act, config, [...shape.reasons, reasons]);
  const handler: Handler<HttpEnv> = (c) =>
    handle({ caller: c.get('caller'), params: validOf(c, 'param') as Call<P>['params'], c });
  // The helpers above know the types of what is validated; the library's would have to be spelled out here.
  routes.openapi(route as RouteConfig, handler as never);
}

/** What the route's schema made of one part of a request; the caller says of which type that is. */
export function validOf(c: Context<HttpEnv>, part: 'param' | 'query' | 'header' | 'json'): unknown {
  return (c.req as unknown as { valid(name: string): unknown }).valid(part);
}

/** A JSON answer of the document. */
export function jsonAnswer(schema: z.ZodType, description: string) {
  return { description, content: { 'application/json': { schema } } };
}
