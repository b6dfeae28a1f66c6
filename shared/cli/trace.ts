/**
 * A trace as text, for both command lines: one line while it runs, and what is known when it is done.
 */
import type { TraceJson } from '../http/trace-json.ts';
import { formatTable } from './terminal.ts';

export type { TraceJson } from '../http/trace-json.ts';

/** `running  2/3 provinces  12 questions, 1 awaited  F1 20  F2 140`. */
export function formatProgress(trace: TraceJson): string {
  const current = trace.coverage.filter(({ state }) => state === 'current').length;
  const degrees = Object.entries(trace.contacts.by_degree).map(([degree, n]) => `F${degree} ${n}`);
  const { questions, awaited } = trace.progress;
  return [
    trace.state,
    `${current}/${trace.coverage.length} tỉnh · provinces`,
    `${questions} câu hỏi · questions, ${awaited} đang chờ · awaited`,
    ...degrees,
  ].join('  ');
}

/** The trace with its coverage as a table. */
export function formatTrace(trace: TraceJson): string {
  const rows = trace.coverage.map((one) => [
    one.province,
    one.reason === null ? one.state : `${one.state} (${one.reason})`,
    String(one.behind),
    one.answered_at ?? '',
    String(trace.contacts.by_province[one.province] ?? 0),
  ]);
  const refusal = trace.refusal === null ? '' : `bị từ chối · refused: ${trace.refusal}\n`;
  return [
    `${trace.id}  ${formatProgress(trace)}  ${trace.elapsed_ms} ms\n`,
    refusal,
    formatTable(['tỉnh · province', 'trạng thái · state', 'chậm · behind', 'trả lời · answered', 'F'], rows),
  ].join('');
}
