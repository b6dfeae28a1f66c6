/**
 * `/v1/audit` of both programs: the log as supervisors read it.
 */
import { z } from '@hono/zod-openapi';
import type { ActContext } from '../acts/act.ts';
import { AUDIT_ACTIONS } from '../audit/actions.ts';
import { type LoggedEntry, listEntries } from '../audit/entries.ts';
import { instantOutput } from './instants.ts';
import { cutPage, decodeCursor, nextOutput, pageQuery } from './paging.ts';
import { apiRoute, newRoutes, type Routes } from './route.ts';

const entryOutput = z
  .object({
    id: z.int(),
    at: instantOutput,
    action: z.string(),
    actor: z.object({ kind: z.string(), id: z.string() }),
    outcome: z.enum(['done', 'refused']),
    reason: z.string().nullable(),
    trace: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry');

const cursor = z.tuple([z.number()]);
const pageOutput = z.object({ entries: z.array(entryOutput), next: nextOutput });

/** The route of the log, open to `group`. */
export function auditRoutes(ctx: ActContext, group: 'audit.read' | 'hub.audit.read'): Routes {
  const getEntries = apiRoute(group, {
    method: 'get',
    path: '/v1/audit',
    tags: ['audit'],
    summary: 'Nhật ký kiểm toán, mới nhất trước · The audit log, newest first',
    request: {
      query: pageQuery(1_000, 100).extend({
        action: z.enum(AUDIT_ACTIONS).optional(),
        subject: z.string().max(200).optional().openapi({ description: 'ai đã làm · who acted' }),
        trace: z
          .string()
          .regex(/^[0-9a-f]{32}$/, 'not 32 hex digits')
          .optional(),
      }),
    },
    responses: { 200: { description: 'OK', content: { 'application/json': { schema: pageOutput } } } },
  });
  return newRoutes().openapi(getEntries, async (c) => {
    const { after, limit, ...filters } = c.req.valid('query');
    const [last] = decodeCursor(after, cursor) ?? [];
    const found = await listEntries(ctx, c.get('caller'), { group, limit, after: last, ...filters });
    const { page, next } = cutPage(found, limit, ({ id }) => [id]);
    return c.json({ entries: page.map(toJson), next }, 200);
  });
}

function toJson({ reason, trace, detail, ...entry }: LoggedEntry): z.output<typeof entryOutput> {
  return { ...entry, reason: reason ?? null, trace: trace ?? null, detail: { ...detail } };
}
