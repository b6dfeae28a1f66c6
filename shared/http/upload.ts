/**
 * A file that is streamed in, of any size, and taken in row by row: by nature nothing happens twice when it
 * comes again. An `Idempotency-Key` still gives the same answer, by a digest of the bytes as they came: under
 * a known key nothing is taken in before all of them have been compared.
 */
import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from '@hono/zod-openapi';
import { callerKey } from '../acts/access.ts';
import type { ActCtx } from '../acts/act.ts';
import { answerTo, findRequest, noteRequest } from '../acts/requests.ts';
import { AnsweredBefore, type KeptAnswer } from '../acts/terms.ts';
import { nowSeconds } from '../clock.ts';
import { idempotencyKeyInput, keyOf, requestDigest } from './idempotency.ts';
import { addOperation, type Call, jsonAnswer, type OperationSpec, validOf } from './operation.ts';
import { WITH_CHANGE, WITH_IDEMPOTENCY_KEY } from './reasons.ts';
import type { Routes } from './route.ts';

export interface UploadSpec<P extends z.ZodRawShape, O extends z.ZodType> extends OperationSpec<P> {
  /** What is taken: media type → an example of a file. */
  readonly types: Readonly<Record<string, string>>;
  readonly query?: z.ZodObject;
  /** Kept to be given again: no personal data. */
  readonly output: O;
  run(call: Call<P>, bytes: Readable): Promise<z.output<O>>;
}

/** Adds the route of an upload; `ctx` is where its requests are remembered. */
export function addUpload<O extends z.ZodType<KeptAnswer>, P extends z.ZodRawShape = z.ZodRawShape>(
  routes: Routes,
  ctx: ActCtx,
  spec: UploadSpec<P, O>,
): void {
  const content = Object.entries(spec.types).map(([type, example]) => [
    type,
    { schema: z.string().openapi({ format: 'binary' }), example },
  ]);
  addOperation(
    routes,
    spec,
    {
      method: 'post',
      ...(spec.query && { query: spec.query }),
      headers: z.object({ 'idempotency-key': idempotencyKeyInput }),
      body: { required: true, content: Object.fromEntries(content) },
      responses: { 200: jsonAnswer(spec.output, 'Kết quả · What became of the rows') },
      reasons: [WITH_CHANGE, WITH_IDEMPOTENCY_KEY],
    },
    async (call) => {
      const { 'idempotency-key': key } = validOf(call.c, 'header') as { 'idempotency-key'?: string };
      const { body } = call.c.req.raw;
      const bytes = body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream);
      const answer =
        key === undefined ? await spec.run(call, bytes) : await takenOnce({ ctx, call, spec }, key, bytes);
      return call.c.json(answer as object, 200);
    },
  );
}

interface Taking<P extends z.ZodRawShape, O extends z.ZodType> {
  readonly ctx: ActCtx;
  readonly call: Call<P>;
  readonly spec: UploadSpec<P, O>;
}

async function takenOnce<P extends z.ZodRawShape, O extends z.ZodType<KeptAnswer>>(
  { ctx: { db, clock }, call, spec }: Taking<P, O>,
  key: string,
  bytes: Readable,
): Promise<KeptAnswer> {
  const hash = createHash('sha256');
  const named = { caller: callerKey(call.caller), key: keyOf(key) };
  const digest = () => requestDigest(call.c, hash.copy().digest('hex'));
  const earlier = await findRequest(db, named);
  if (earlier) {
    for await (const chunk of bytes) hash.update(chunk as Uint8Array);
    return answerTo(earlier, digest());
  }
  const answer = await spec.run(call, Readable.from(hashed(bytes, hash)));
  try {
    await noteRequest(db, { ...named, digest: digest() }, { now: nowSeconds(clock), answer });
    return answer;
  } catch (error) {
    // Another has taken in the same file at the same time: nothing is there twice.
    if (error instanceof AnsweredBefore) return error.answer;
    throw error;
  }
}

async function* hashed(bytes: Readable, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk as Uint8Array);
    yield chunk as Uint8Array;
  }
}
