/**
 * What is seen while the demo works: imports as bars, the trace as numbers. Pure; Vietnamese first, English
 * beside it.
 */
import type { TraceJson } from '../../../shared/http/trace-json.ts';
import { provinceName } from '../../federation/provinces.ts';
import type { FileKind } from '../outbreak/files.ts';
import type { View } from './screen.ts';
import { bar, count, padEnd, padStart, type Style, seconds } from './text.ts';

/** How far a province's files have got. */
export interface ImportProgress {
  readonly province: string;
  readonly kind: FileKind;
  readonly sentRows: number;
  readonly rows: number;
  readonly finished: boolean;
}

const KINDS: Readonly<Record<FileKind, string>> = {
  places: 'địa điểm / places',
  persons: 'người / persons',
  'check-ins': 'lượt quét / check-ins',
  encounters: 'Bluetooth / encounters',
};
const BAR_WIDTH = 20;
const LABEL_WIDTH = 14;

/** `24 Bắc Giang`. */
export function provinceLabel(code: string): string {
  return `${code} ${provinceName(code)}`;
}

/** A line a province. */
export function importView(provinces: readonly ImportProgress[], style: Style): View {
  const live = provinces.map(({ province, kind, sentRows, rows, finished }) => {
    const label = padEnd(provinceLabel(province), LABEL_WIDTH);
    const filled = bar(sentRows / rows, BAR_WIDTH);
    const what = style.dim(finished ? 'xong / done' : KINDS[kind]);
    return `  ${label}  ${finished ? style.good(filled) : filled} ${padStart(count(sentRows), 7)}  ${what}`;
  });
  const parts = provinces.map(({ province, sentRows, rows }) => {
    return `${provinceLabel(province)} ${Math.floor((100 * sentRows) / rows)} %`;
  });
  return { live, plain: `  ${parts.join(' · ')}` };
}

const STATES: Readonly<Record<TraceJson['state'], string>> = {
  queued: 'chờ trung tâm / queued',
  running: 'đang chạy / running',
  partial: 'chưa đủ / partial',
  complete: 'hoàn tất / complete',
  closed: 'đã đóng / closed',
};

/** `hoàn tất / complete`. */
export function stateLabel(state: TraceJson['state']): string {
  return STATES[state];
}

/** A trace as heard last, undefined before the first word; `elapsedMs` since the request was accepted. */
export function traceView(trace: TraceJson | undefined, elapsedMs: number, style: Style): View {
  const state = STATES[trace?.state ?? 'queued'];
  const { questions, awaited } = trace?.progress ?? { questions: 0, awaited: 0 };
  const degrees = Object.entries(trace?.contacts.by_degree ?? {}).sort();
  const most = Math.max(1, ...degrees.map(([, number]) => number));
  const colored = trace?.state === 'complete' ? style.good(state) : style.warning(state);
  const live = [
    `  ${colored} · ${seconds(elapsedMs)}`,
    `  câu hỏi / questions ${count(questions)} · chờ trả lời / awaiting answers ${count(awaited)}`,
    ...degrees.map(([degree, number]) => {
      const length = '█'.repeat(Math.ceil((40 * number) / most));
      return `  F${degree}  ${padStart(count(number), 6)}  ${style.bold(length)}`;
    }),
  ];
  const contacts = degrees.map(([degree, number]) => ` · F${degree} ${count(number)}`).join('');
  return { live, plain: `  ${state} · câu hỏi / questions ${count(questions)}${contacts}` };
}
