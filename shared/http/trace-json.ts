/**
 * A trace as both programs show it (README.md, A trace over HTTP), and what it is made of. No person is in
 * it.
 */
import { z } from '@hono/zod-openapi';
import { provinceOutput, textOutput, traceIdInput, uuidOutput } from './fields.ts';
import { instantOutput } from './instants.ts';
import type { Shown } from './json-case.ts';

const counts = (example: Record<string, number>) => z.record(z.string(), z.int()).openapi({ example });

/** What somebody should look at; where it is about a case, which, and which of its identifiers (from 0). */
export const warningOutput = z.object({
  reason: textOutput('INDEX_UNKNOWN'),
  case: uuidOutput.optional(),
  identifier: z.int().optional().openapi({ example: 1 }),
});

/** zod schema of a trace in an answer. */
export const traceOutput = z
  .object({
    id: traceIdInput,
    state: z.enum(['queued', 'running', 'partial', 'complete', 'closed']),
    rules: z.int(),
    cases: z.array(uuidOutput).openapi({
      description: 'trống, trừ ở tỉnh đã mở truy vết · empty except at the province that opened it',
    }),
    direction: z.enum(['forward', 'backward']),
    max_degree: z.int(),
    as_of: instantOutput,
    coverage: z.array(
      z.object({
        province: provinceOutput,
        state: z.enum(['current', 'behind', 'unreachable', 'refused', 'excluded']),
        behind: z.int(),
        answered_at: instantOutput.nullable(),
        data_at: instantOutput.nullable(),
        reason: textOutput('PROVINCE_BUDGET').nullable(),
        pending_identifiers: z.int().openapi({
          description: 'định danh chưa có mã · identifiers left out of its answers for want of a token',
        }),
      }),
    ),
    contacts: z.object({
      by_degree: counts({ '1': 12, '2': 80 }),
      by_province: counts({ '24': 70, '79': 22 }),
    }),
    progress: z.object({ questions: z.int(), awaited: z.int() }),
    province: provinceOutput,
    revision: z.int(),
    version: z
      .int()
      .nullable()
      .openapi({
        description:
          'tăng theo mỗi quyết định ở đây, cho If-Match · grows with what is decided on it here, for ' +
          'If-Match; null for a trace of another province',
      }),
    refusal: z.string().nullable().openapi({
      description: 'vì sao trung tâm từ chối · why the hub refused the opening',
      example: 'TOO_MANY_OPEN_TRACES',
    }),
    opened_at: instantOutput.nullable(),
    completed_at: instantOutput.nullable(),
    elapsed_ms: z.int(),
    warnings: z.array(warningOutput).openapi({
      description: 'điều cần xem lại · what somebody should look at',
      example: [{ reason: 'TRACE_DELAYED' }],
    }),
  })
  .openapi('Trace');

/** A trace as the wire has it. */
export type TraceJson = z.input<typeof traceOutput>;

type TraceAnswer = Shown<typeof traceOutput>;

type ProvinceCoverage = TraceAnswer['coverage'][number];

/** A status that was stored by a program of before says nothing of identifiers without a token. */
type ShownCoverage = Omit<ProvinceCoverage, 'reason' | 'pendingIdentifiers'> & {
  readonly reason: string;
  readonly pendingIdentifiers?: number;
};

/** A trace in the programs' own words; instants in epoch seconds. */
export interface ShownTrace extends Omit<TraceAnswer, 'contacts' | 'progress' | 'coverage' | 'warnings'> {
  readonly coverage: readonly ShownCoverage[];
  readonly byDegree: TraceAnswer['contacts']['byDegree'];
  readonly byProvince: TraceAnswer['contacts']['byProvince'];
  readonly questions: number;
  readonly awaited: number;
  readonly warnings: readonly string[];
  /** What a node says of its own cases; the hub's word for some of them says nothing more. */
  readonly noticed?: readonly TraceAnswer['warnings'][number][];
}

/** `trace` as the answer shows it. */
export function showTrace({
  byDegree,
  byProvince,
  questions,
  awaited,
  noticed = [],
  ...trace
}: ShownTrace): TraceAnswer {
  return {
    ...trace,
    contacts: { byDegree, byProvince },
    progress: { questions, awaited },
    coverage: trace.coverage.map(({ reason, pendingIdentifiers = 0, ...one }) => ({
      ...one,
      ...{ pendingIdentifiers, reason: reason === '' ? null : reason },
    })),
    elapsedMs: Math.max(0, Math.round(trace.elapsedMs)),
    warnings: [
      ...trace.warnings
        .filter((reason) => !noticed.some((one) => one.reason === reason))
        .map((reason) => ({ reason })),
      ...noticed,
    ],
  };
}
