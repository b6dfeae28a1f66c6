/**
 * `/v1/audit` of both programs: the log as supervisors read it.
 */
import { z } from '@hono/zod-openapi';
import type { ActTable } from '../acts/access.ts';
import type { ActCtx } from '../acts/act.ts';
import { type LoggedEntry, listEntries } from '../audit/entries.ts';
import { ACTOR_KINDS } from '../audit/record.ts';
import { PURPOSES, SUBJECT_FORMS, SUBJECT_KINDS, type Subject, type SubjectKind } from '../audit/subjects.ts';
import { personOutput, textOutput } from './fields.ts';
import { instantText } from './instants.ts';
import type { Shown } from './json-case.ts';
import { addList } from './list.ts';
import { auditWords } from './room.ts';
import { newRoutes, type Routes } from './route.ts';

const entryOutput = z
  .object({
    id: z.int(),
    at: instantText,
    action: textOutput('cases.corrected'),
    actor: z.object({ kind: z.enum(ACTOR_KINDS), id: personOutput }),
    outcome: z.enum(['done', 'refused']),
    reason: textOutput('NO_SUCH_CASE').nullable(),
    on: z.array(z.record(z.string(), z.string())).openapi({
      description: 'về ai, về gì: mã số · what it is about: ids',
      example: [{ case: '0190b6c2-5c1e-7a4b-9f3d-6f0f3f2c8a11' }],
    }),
    purpose: z.enum(PURPOSES).nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry');

/** What the route of the log asks for. */
export type AuditCtx = ActCtx & {
  /** All that can be done in the program: the words of its entries. */
  readonly acts: ActTable;
};

/** The route of the log. */
export function auditRoutes(ctx: AuditCtx): Routes {
  const routes = newRoutes();
  addList(routes, {
    ...{ act: 'audit.read', name: 'listAuditEntries', path: '/v1/audit', tag: 'audit' },
    summary: 'Nhật ký kiểm toán, mới nhất trước · The audit log, newest first',
    description:
      'Lọc theo đối tượng: ai đã xem gì · By what entries are about: who read what about this case.',
    ...{ items: 'entries', output: entryOutput, pages: { most: 1_000, usual: 100 } },
    filters: {
      action: z.enum(auditWords(ctx.acts)).optional(),
      subject: z.string().max(200).optional().openapi({ description: 'ai đã làm · who acted' }),
      ...subjectQuery,
    },
    place: z.tuple([z.number()]),
    find: ({ caller }, { limit, after, filters: { action, subject, ...subjects } }) => {
      const on = SUBJECT_KINDS.flatMap((kind) => {
        const id = subjects[kind];
        return id === undefined ? [] : [{ [kind]: id } as Subject];
      });
      return listEntries(ctx, caller, { limit, after: after?.[0], action, subject, on });
    },
    placeOf: ({ id }) => [id],
    show,
  });
  return routes;
}

/** `?case=`, `?trace=` …: one for each kind of subject. */
const subjectQuery = Object.fromEntries(
  SUBJECT_KINDS.map((kind) => [
    kind,
    z.string().regex(SUBJECT_FORMS[kind], `not the id of a ${kind}`).optional(),
  ]),
) as { readonly [K in SubjectKind]: z.ZodOptional<z.ZodString> };

function show({ reason, on = [], purpose, detail = {}, ...entry }: LoggedEntry): Shown<typeof entryOutput> {
  return { ...entry, reason: reason ?? null, on, purpose: purpose ?? null, detail };
}
