/**
 * A trace as text, for both command lines: one line while it runs, and what is known when it is done.
 */

import type { TraceJson } from '../http/trace-json.ts';
import { problemText } from '../i18n/catalogue.ts';
import { COVERAGE_WORDS, called, TRACE_STATE_WORDS } from '../i18n/words.ts';
import { type ListView, localTime } from './lists.ts';
import { language, say } from './say.ts';
import { formatTable } from './terminal.ts';

export type { TraceJson } from '../http/trace-json.ts';

/** `running  2/3 provinces  12 questions, 1 awaited  F1 20  F2 140`. */
export function formatProgress(trace: TraceJson): string {
  const current = trace.coverage.filter(({ state }) => state === 'current').length;
  const { questions, awaited } = trace.progress;
  return [
    called(TRACE_STATE_WORDS, trace.state, language()),
    say('trace.provinces', { current, all: trace.coverage.length }),
    say('trace.progress', { questions, awaited }),
    ...degreesOf(trace),
  ].join('  ');
}

/** What somebody should look at, and in which case. */
export function warningLine({ reason, case: of }: TraceJson['warnings'][number]): string {
  const text = problemText({ reason }, [], language()) ?? reason;
  return `${of === undefined ? '' : `${of}: `}${text}\n`;
}

/** The trace with its coverage as a table. */
export function formatTrace(trace: TraceJson): string {
  const rows = trace.coverage.map((one) => [
    one.province,
    `${called(COVERAGE_WORDS, one.state, language())}${becauseOf(one)}`,
    String(one.behind),
    localTime(one.answered_at),
    String(trace.contacts.by_province[one.province] ?? 0),
  ]);
  const refusal = trace.refusal === null ? '' : `${say('trace.refused', { reason: trace.refusal })}\n`;
  return [
    `${trace.id}  ${formatProgress(trace)}  ${trace.elapsed_ms} ms\n`,
    refusal,
    ...trace.warnings.map(warningLine),
    formatTable(
      [say('column.province'), say('column.state'), say('column.behind'), say('column.answered'), 'F'],
      rows,
    ),
  ].join('');
}

function becauseOf({ reason, pending_identifiers: pending }: TraceJson['coverage'][number]): string {
  if (reason === null) return '';
  return pending === 0 ? ` (${reason})` : ` (${reason}: ${pending})`;
}

/** Traces as both programs list them. */
export const TRACES: ListView<TraceJson> = {
  path: '/v1/traces',
  rows: 'traces',
  most: 100,
  columns: [
    ['id', ({ id }) => id],
    ['column.province', ({ province }) => province],
    ['column.state', ({ state }) => called(TRACE_STATE_WORDS, state, language())],
    ['column.direction', ({ direction }) => direction],
    ['column.opened', ({ opened_at }) => localTime(opened_at)],
    ['column.completed', ({ completed_at }) => localTime(completed_at)],
    ['F', (trace) => degreesOf(trace).join(' ')],
  ],
};

function degreesOf(trace: TraceJson): string[] {
  return Object.entries(trace.contacts.by_degree).map(([degree, contacts]) => `F${degree} ${contacts}`);
}
