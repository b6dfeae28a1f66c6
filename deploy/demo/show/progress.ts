/**
 * What is seen while the demo works: imports as bars, the trace as numbers. Pure; Vietnamese first, English
 * beside it.
 */
import { padEnd, padStart, widthOf } from '../../../shared/cli/text.ts';
import type { TraceJson } from '../../../shared/http/trace-json.ts';
import { TRACE_STATE_WORDS } from '../../../shared/i18n/words.ts';
import { provinceName } from '../../federation/provinces.ts';
import type { FileKind } from '../outbreak/files.ts';
import type { View } from './screen.ts';
import { bar, count, type Style, seconds } from './text.ts';

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
/** Of a count, with what stands around it. */
const COUNT_WIDTH = 8;

/** `24 Bắc Giang`. */
export function provinceLabel(code: string): string {
  return `${code} ${provinceName(code)}`;
}

/** A line a province; where it is narrow, bars shrink and what is imported is left out. */
export function importView(provinces: readonly ImportProgress[], style: Style, width = 79): View {
  const room = width - (2 + LABEL_WIDTH + 2 + COUNT_WIDTH);
  const barWidth = Math.max(1, Math.min(BAR_WIDTH, room));
  const live = provinces.map(({ province, kind, sentRows, rows, finished }) => {
    const label = padEnd(provinceLabel(province), LABEL_WIDTH);
    const filled = bar(sentRows / rows, barWidth);
    const what = finished ? 'xong / done' : KINDS[kind];
    const shown = `  ${label}  ${finished ? style.good(filled) : filled} ${padStart(count(sentRows), 7)}`;
    return widthOf(`${shown}  ${what}`) <= width ? `${shown}  ${style.dim(what)}` : shown;
  });
  const parts = provinces.map(({ province, sentRows, rows }) => {
    return `${provinceLabel(province)} ${Math.floor((100 * sentRows) / rows)} %`;
  });
  return { live, plain: `  ${parts.join(' · ')}` };
}

/** `hoàn tất / complete`. */
export function stateLabel(state: TraceJson['state']): string {
  const { vi, en } = TRACE_STATE_WORDS[state];
  return `${vi} / ${en}`;
}

/** A trace as heard last, undefined before the first word; `elapsedMs` since the request was accepted. */
export function traceView(
  trace: TraceJson | undefined,
  elapsedMs: number,
  { style, width = 79 }: { readonly style: Style; readonly width?: number },
): View {
  const state = stateLabel(trace?.state ?? 'queued');
  const { questions, awaited } = trace?.progress ?? { questions: 0, awaited: 0 };
  const degrees = Object.entries(trace?.contacts.by_degree ?? {}).sort();
  const most = Math.max(1, ...degrees.map(([, number]) => number));
  const colored = trace?.state === 'complete' ? style.good(state) : style.warning(state);
  const asked = `  câu hỏi / questions ${count(questions)}`;
  const open = `chờ trả lời / awaiting answers ${count(awaited)}`;
  const longest = Math.max(1, Math.min(40, width - 14));
  const live = [
    `  ${colored} · ${seconds(elapsedMs)}`,
    ...(widthOf(`${asked} · ${open}`) <= width ? [`${asked} · ${open}`] : [asked, `  ${open}`]),
    ...degrees.map(([degree, number]) => {
      const length = '█'.repeat(Math.ceil((longest * number) / most));
      return `  F${degree}  ${padStart(count(number), 6)}  ${style.bold(length)}`;
    }),
  ];
  const contacts = degrees.map(([degree, number]) => ` · F${degree} ${count(number)}`).join('');
  return { live, plain: `  ${state} · câu hỏi / questions ${count(questions)}${contacts}` };
}
