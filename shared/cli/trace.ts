/**
 * A trace as text, for both command lines: one line while it runs, and what is known when it is done.
 */
import type { TraceJson } from '../http/trace-json.ts';
import type { Text } from '../i18n/text.ts';
import { COVERAGE_WORDS, TRACE_STATE_WORDS } from '../i18n/words.ts';
import { type ListView, localTime } from './lists.ts';
import { formatTable } from './terminal.ts';

export type { TraceJson } from '../http/trace-json.ts';

/** `đang chạy · running  2/3 provinces  12 questions, 1 awaited  F1 20  F2 140`. */
export function formatProgress(trace: TraceJson): string {
  const current = trace.coverage.filter(({ state }) => state === 'current').length;
  const { questions, awaited } = trace.progress;
  return [
    both(TRACE_STATE_WORDS, trace.state),
    `${current}/${trace.coverage.length} tỉnh · provinces`,
    `${questions} câu hỏi · questions, ${awaited} đang chờ · awaited`,
    ...degreesOf(trace),
  ].join('  ');
}

/** The trace with its coverage as a table. */
export function formatTrace(trace: TraceJson): string {
  const rows = trace.coverage.map((one) => [
    one.province,
    `${both(COVERAGE_WORDS, one.state)}${one.reason === null ? '' : ` (${one.reason})`}`,
    String(one.behind),
    localTime(one.answered_at),
    String(trace.contacts.by_province[one.province] ?? 0),
  ]);
  const refusal = trace.refusal === null ? '' : `bị từ chối · refused: ${trace.refusal}\n`;
  return [
    `${trace.id}  ${formatProgress(trace)}  ${trace.elapsed_ms} ms\n`,
    refusal,
    formatTable(['tỉnh · province', 'trạng thái · state', 'chậm · behind', 'trả lời · answered', 'F'], rows),
  ].join('');
}

/** Traces as both programs list them. */
export const TRACES: ListView<TraceJson> = {
  path: '/v1/traces',
  rows: 'traces',
  most: 100,
  columns: [
    ['id', ({ id }) => id],
    ['tỉnh · province', ({ province }) => province],
    ['trạng thái · state', ({ state }) => both(TRACE_STATE_WORDS, state)],
    ['hướng · direction', ({ direction }) => direction],
    ['mở · opened', ({ opened_at }) => localTime(opened_at)],
    ['xong · completed', ({ completed_at }) => localTime(completed_at)],
    ['F', (trace) => degreesOf(trace).join(' ')],
  ],
};

function degreesOf(trace: TraceJson): string[] {
  return Object.entries(trace.contacts.by_degree).map(([degree, contacts]) => `F${degree} ${contacts}`);
}

/** `hoàn tất · complete`. */
function both<W extends string>(words: Readonly<Record<W, Text>>, word: W): string {
  return `${words[word].vi} · ${words[word].en}`;
}
