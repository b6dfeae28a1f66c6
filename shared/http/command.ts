/**
 * A command over HTTP: what changes something. A POST may bring an `Idempotency-Key`: it is then done once,
 * however often it comes, and answered alike for three days. What has versions takes `If-Match`.
 * Source: draft-ietf-httpapi-idempotency-key-header-07; RFC 9110 section 13.1.1.
 */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type Caller, callerKey } from '../acts/access.ts';
import type { ActCtx } from '../acts/act.ts';
import { answerTo, findRequest, noteRequest } from '../acts/requests.ts';
import { AnsweredBefore, type KeptAnswer, type Terms, type WantedVersion } from '../acts/terms.ts';
import { nowSeconds } from '../clock.ts';
import type { Bilingual } from '../i18n/bilingual.ts';
import type { HttpEnv } from './env.ts';
import { canonical, idempotencyKeyInput, keyOf, requestDigest } from './idempotency.ts';
import { fromWire, jsonOf, type Showing, type Shown } from './json-case.ts';
import { addOperation, type Call, jsonAnswer, type OperationSpec, validOf } from './operation.ts';
import { type Reasons, WITH_CHANGE, WITH_IDEMPOTENCY_KEY, WITH_IF_MATCH, WITH_JSON } from './reasons.ts';
import type { Routes } from './route.ts';
import { ETAG_HEADER, ifMatchInput, versionHeader } from './versions.ts';

/** What a command is told beside the path. */
export interface CommandInput<B extends z.ZodType, Q extends z.ZodRawShape> {
  readonly body: Shown<B>;
  readonly query: z.output<z.ZodObject<Q>>;
}

export interface CommandSpec<
  P extends z.ZodRawShape,
  Q extends z.ZodRawShape,
  B extends z.ZodType,
  O extends z.ZodType,
  T,
> extends OperationSpec<P> {
  readonly method: 'post' | 'put' | 'patch' | 'delete';
  readonly query?: Q;
  readonly body?: B;
  /** A body as somebody may send it, for the document; with every body. */
  readonly example?: z.input<B>;
  /** Of the answer of success, and what it means. */
  readonly status: 200 | 201 | 202 | 204;
  readonly done: Bilingual | 'OK';
  /** None with 204. */
  readonly output?: O;
  /** Whether it takes `If-Match`: what it changes has versions. */
  readonly versioned?: boolean;
  run(call: Call<P>, input: CommandInput<B, Q>): Promise<T>;
  /**
   * The result of a request that was answered before, out of what `leave.keep` kept of it; `run` for what
   * changes nothing and is done anew. Absent where the status is all of the answer.
   */
  readonly again?: 'run' | ((call: Call<P>, kept: KeptAnswer) => Promise<T> | T);
  versionOf?(result: T): number | null | undefined;
  /** Path of what was made. */
  locationOf?(result: T): string;
}

/**
 * Adds the route of a command, with `show` where its result is not yet what the answer shows; `ctx` is where
 * its requests are remembered.
 */
export function addCommand<
  O extends z.ZodType,
  T,
  B extends z.ZodType = z.ZodType,
  P extends z.ZodRawShape = z.ZodRawShape,
  Q extends z.ZodRawShape = z.ZodRawShape,
>(routes: Routes, ctx: ActCtx, spec: CommandSpec<P, Q, B, O, T> & Showing<T, O>): void;
export function addCommand<
  O extends z.ZodType,
  T extends Shown<O>,
  B extends z.ZodType = z.ZodType,
  P extends z.ZodRawShape = z.ZodRawShape,
  Q extends z.ZodRawShape = z.ZodRawShape,
>(routes: Routes, ctx: ActCtx, spec: CommandSpec<P, Q, B, O, T>): void;
export function addCommand<
  O extends z.ZodType,
  T,
  B extends z.ZodType,
  P extends z.ZodRawShape,
  Q extends z.ZodRawShape,
>(routes: Routes, ctx: ActCtx, spec: CommandSpec<P, Q, B, O, T> & Partial<Showing<T, O>>): void {
  const { method, query, body, status, done, output, versionOf } = spec;
  const headers = headersOf(spec);
  const answer = output ? jsonAnswer(output, done) : { description: done };
  addOperation(
    routes,
    spec,
    {
      ...{ method, headers, reasons: reasonsOf(spec) },
      ...(query && { query: z.object(query) }),
      ...(body && {
        body: { required: true, content: { 'application/json': { schema: body, example: spec.example } } },
      }),
      responses: { [status]: versionOf ? { ...answer, headers: ETAG_HEADER } : answer },
    },
    async (call) => {
      const input = {
        body: (body && fromWire(body, validOf(call.c, 'json') as z.output<B>)) as Shown<B>,
        query: (query ? validOf(call.c, 'query') : {}) as z.output<z.ZodObject<Q>>,
      };
      const terms = await termsOf(call.c, body !== undefined);
      const asked = { ...call, caller: { ...call.caller, terms } };
      const { again } = spec;
      const result = await runOnce(ctx, asked.caller, {
        run: () => spec.run(asked, input),
        again: async (kept) => (typeof again === 'function' ? again(asked, kept) : (undefined as T)),
        repeatable: again === 'run',
      });
      return answerOf(call.c, spec, result);
    },
  );
}

interface Runs<T> {
  readonly run: () => Promise<T>;
  readonly again: (kept: KeptAnswer) => Promise<T>;
  readonly repeatable: boolean;
}

/** Runs what was not answered before, and answers what was. */
async function runOnce<T>(
  { db, clock }: ActCtx,
  caller: Caller,
  { run, again, repeatable }: Runs<T>,
): Promise<T> {
  const { terms } = caller;
  if (!terms?.request) return run();
  const request = { ...terms.request, caller: callerKey(caller) };
  // Before anything is judged anew: what was right three days ago may be refused today.
  const earlier = await findRequest(db, request);
  const kept = earlier && answerTo(earlier, request.digest);
  if (kept && !repeatable) return again(kept);
  try {
    const result = await run();
    // Nothing was changed that could have noted it.
    if (!terms.noted && !kept) await noteRequest(db, request, { now: nowSeconds(clock) });
    return result;
  } catch (error) {
    if (error instanceof AnsweredBefore) return repeatable ? run() : again(error.answer);
    throw error;
  }
}

function answerOf<
  P extends z.ZodRawShape,
  Q extends z.ZodRawShape,
  B extends z.ZodType,
  O extends z.ZodType,
  T,
>(c: Context<HttpEnv>, spec: CommandSpec<P, Q, B, O, T> & Partial<Showing<T, O>>, result: T): Response {
  const { status, output, versionOf, locationOf } = spec;
  const headers = {
    ...versionHeader(versionOf?.(result)),
    ...(locationOf && { location: locationOf(result) }),
  };
  if (!output || status === 204) return c.body(null, status as 204, headers);
  return c.json(jsonOf<T>({ ...spec, output }, result), status, headers);
}

/** The terms that the headers of a request put. */
async function termsOf(c: Context<HttpEnv>, hasBody: boolean): Promise<Terms> {
  const given = validOf(c, 'header') as { 'idempotency-key'?: string; 'if-match'?: WantedVersion };
  const { 'idempotency-key': key, 'if-match': version } = given;
  if (key === undefined) return { version, noted: false };
  const digest = requestDigest(c, hasBody ? canonical(await c.req.json()) : '');
  return { request: { key: keyOf(key), digest }, version, noted: false };
}

interface Kind {
  readonly method: string;
  readonly versioned?: boolean | undefined;
  readonly body?: unknown;
}

function headersOf({ method, versioned }: Kind) {
  return z.object({
    ...(method === 'post' && { 'idempotency-key': idempotencyKeyInput }),
    ...(versioned && { 'if-match': ifMatchInput }),
  });
}

function reasonsOf({ method, versioned, body }: Kind): Reasons[] {
  return [
    WITH_CHANGE,
    ...(body === undefined ? [] : [WITH_JSON]),
    ...(method === 'post' ? [WITH_IDEMPOTENCY_KEY] : []),
    ...(versioned ? [WITH_IF_MATCH] : []),
  ];
}
