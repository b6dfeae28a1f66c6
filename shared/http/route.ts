/**
 * How a feature declares its routes: always with the act that they are the door to, so that a route open to
 * everybody cannot be written by forgetting something. `createHttpApp` refuses routes made another way, and
 * those of an act that the program does not have.
 */
import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { guard } from './door.ts';
import type { HttpEnv } from './env.ts';
import { textOutput } from './fields.ts';
import { bodyTooLarge, invalidInput, PROBLEM_TYPE } from './problem.ts';
import { ALWAYS, problemResponses, type Reasons } from './reasons.ts';

export type Routes = OpenAPIHono<HttpEnv>;

/** Most that a JSON body may hold. Streamed imports have no such limit. */
export const JSON_LIMIT_BYTES = 1_048_576;

/** Extension of the OpenAPI operation that names its act. */
export const ACCESS_EXTENSION = 'x-truyvet-access';

/** An empty set of routes for one feature; bad input becomes INVALID_FIELD naming the field. */
export function newRoutes(): Routes {
  return new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success)
        throw invalidInput(result.error, result.target === 'json' ? 'body' : result.target);
    },
  });
}

/**
 * The route of an act: the caller is checked first, then that no parameter is unknown, then the size of a
 * JSON body, then all shapes. Answers of status 400 and above are described as problems with their reasons.
 */
export function apiRoute<P extends string, R extends Omit<RouteConfig, 'path' | 'middleware'> & { path: P }>(
  act: string,
  config: R,
  reasons: readonly Reasons[] = [],
) {
  const limited = 'application/json' in (config.request?.body?.content ?? {});
  const names = Object.keys((config.request?.query as z.ZodObject | undefined)?.shape ?? {});
  const middleware = [guard(act), refuseUnknownParameters(names), ...(limited ? [jsonLimit] : [])];
  const documented: R = {
    ...config,
    security: [{ bearer: [] }],
    responses: {
      ...config.responses,
      ...problemResponses([ALWAYS, ...reasons]),
      default: PROBLEM_RESPONSE,
    },
    [ACCESS_EXTENSION]: act,
  };
  return createRoute({ ...documented, middleware });
}

/** A parameter that is misspelt must not be taken for one that was not given: the answer would be another. */
function refuseUnknownParameters(names: readonly string[]): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const keys = Object.keys(c.req.queries()).filter((name) => !names.includes(name));
    if (keys.length > 0) {
      const issue = { code: 'unrecognized_keys', keys, path: [], message: '' } as const;
      throw invalidInput(new z.ZodError([{ ...issue, path: [] }]), 'query');
    }
    await next();
  };
}

/** A field and what is wrong with it, in an answer. */
export const fieldErrorSchema = z
  .object({
    field: textOutput('persons[1].born_on'),
    reason: z.string().openapi({ description: 'mã lý do, ổn định · a stable word', example: 'NOT_A_DATE' }),
    message: textOutput('không phải ngày có thật'),
    params: z.record(z.string(), z.union([z.string(), z.number()])).openapi({ example: {} }),
  })
  .openapi('FieldError');

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    reason: z.string(),
    errors: z.array(fieldErrorSchema),
    request_id: z.string(),
    /** With WRONG_STATE: how the thing stands, and which commands it would take. */
    state: z.string().optional(),
    allowed: z.array(z.string()).optional(),
    /** With VERSION_CHANGED: the version of now, and who has changed what since. */
    version: z.int().optional(),
    changes: z
      .array(
        z.object({
          at: z.string(),
          actor: z.object({ kind: z.string(), id: z.string() }),
          action: z.string(),
          version: z.int(),
          fields: z.array(z.string()),
        }),
      )
      .optional(),
  })
  .openapi('Problem');

const PROBLEM_RESPONSE = {
  description: 'Lỗi theo RFC 9457 · A problem (RFC 9457)',
  content: { [PROBLEM_TYPE]: { schema: problemSchema } },
};

const jsonLimit: MiddlewareHandler<HttpEnv> = bodyLimit({
  maxSize: JSON_LIMIT_BYTES,
  onError: () => {
    throw bodyTooLarge(JSON_LIMIT_BYTES);
  },
});
