/**
 * What is seen when the trace is done: contacts by degree and province with coverage, a few of them, and
 * where to go on. Pure; Vietnamese first, English beside it; at most 80 cells a line, except what is there to
 * be copied.
 */
import { cutTo, padEnd, padStart } from '../../../shared/cli/text.ts';
import type { TraceJson } from '../../../shared/http/trace-json.ts';
import { COVERAGE_WORDS, called, PLACE_KIND_WORDS, SETTING_WORDS } from '../../../shared/i18n/words.ts';
import type { Participant } from '../../federation/participant.ts';
import type { Contact } from '../client.ts';
import type { Outbreak } from '../outbreak.ts';
import { provinceLabel, stateLabel } from './progress.ts';
import { count, minutes, type Style, seconds, type TableColumn, table } from './text.ts';

/** The lists of the provinces, by code. */
export type ContactsByProvince = ReadonlyMap<string, readonly Contact[]>;

type Coverage = TraceJson['coverage'][number];

/** Contacts by degree and province, with coverage and the time that it took. */
export function resultLines(trace: TraceJson, contacts: ContactsByProvince, style: Style): string[] {
  const degrees = Array.from({ length: trace.max_degree }, (_, index) => index + 1);
  const numbersOf = (lists: readonly (readonly Contact[])[]) => {
    const all = lists.flat();
    const byDegree = degrees.map((degree) => all.filter((contact) => contact.degree === degree).length);
    return [...byDegree, all.length].map(count);
  };
  const columns: TableColumn[] = [
    { title: 'Tỉnh / province', align: 'left' },
    ...degrees.map((degree): TableColumn => ({ title: `F${degree}`, align: 'right' })),
    { title: 'Tổng / total', align: 'right' },
    { title: 'Trả lời / coverage', align: 'left' },
  ];
  const rows = trace.coverage.map((coverage) => [
    provinceLabel(coverage.province),
    ...numbersOf([contacts.get(coverage.province) ?? []]),
    coverageLabel(coverage, style),
  ]);
  const time = seconds(trace.elapsed_ms);
  const footer = ['Tổng / total', ...numbersOf([...contacts.values()]), stateLabel(trace.state)];
  return [
    style.bold('Tiếp xúc theo cấp và tỉnh / Contacts by degree and province'),
    '',
    ...table(columns, rows, footer).map((line) => `  ${line}`),
    '',
    '  F1 tiếp xúc gần / close contacts · F2 tiếp xúc của F1 / contacts of F1',
    `  Từ lúc nhận yêu cầu đến khi xong / from accepted request to complete: ${style.bold(time)}`,
  ];
}

function coverageLabel({ state, behind, reason }: Coverage, { good, warning }: Style): string {
  const missing = behind === 0 ? '' : ` (${count(behind)})`;
  const { vi, en } = COVERAGE_WORDS[state];
  const label = `${vi} / ${en}${missing}${reason === null ? '' : ` ${reason}`}`;
  return state === 'current' ? good(label) : warning(label);
}

/** How many of F1, F2 …; those of the last degree are the least. */
const EXAMPLES = [3, 2];

/** Some of each degree of a province's own list, the longest exposed first; they are invented people. */
export function exampleLines(
  province: string,
  contacts: readonly Contact[],
  wardName: (code: string) => string,
): string[] {
  const longest = [...contacts].sort((a, b) => b.seconds - a.seconds);
  const some = EXAMPLES.flatMap((most, index) =>
    longest.filter(({ degree }) => degree === index + 1).slice(0, most),
  );
  return [
    `Từ danh sách của ${provinceLabel(province)} / from its own list (người bịa / invented people):`,
    ...some.map(({ degree, name, ward, seconds: length, settings, place_kinds }) => {
      // That there was a place says less than which one.
      const where = [
        ...place_kinds.map((kind) => called(PLACE_KIND_WORDS, kind, 'vi')),
        ...settings.filter((one) => one !== 'place').map((one) => called(SETTING_WORDS, one, 'vi')),
      ].join(', ');
      const who = padEnd(cutTo(name ?? '–', 20), 20);
      const from = padEnd(cutTo(ward === null ? '–' : wardName(ward), 15), 15);
      return cutTo(`  F${degree}  ${who}  ${from}  ${padStart(minutes(length), 8)}  ${where}`, 80);
    }),
  ];
}

/** The contact that only all provinces together find; nothing if it was not found. */
export function passerByLines(
  { passerBy }: Pick<Outbreak, 'passerBy'>,
  contacts: ContactsByProvince,
): string[] {
  const isPasserBy = ({ identifiers }: Contact) =>
    passerBy.identifiers.some((own) => identifiers.includes(own));
  for (const [province, list] of contacts) {
    const found = list.find(isPasserBy);
    if (!found) continue;
    return [
      'Không tỉnh nào tự tìm được người này / no province alone could find this one:',
      `  F${found.degree}  ${passerBy.name} (${provinceLabel(province)}): ${minutes(found.seconds)}`,
      '  = 10′ ở Hà Nội + 10′ ở Bắc Giang, dưới hai mã mà chỉ TP.HCM biết là một người',
      '  / under two identifiers that only HCMC knows to be one person',
    ];
  }
  return [];
}

/** Shell variables with the address and the token of every program, and the trace: the lines of a file. */
export function variableLines(
  hub: Participant,
  nodes: readonly Participant[],
  trace: { readonly id: string },
): string[] {
  return [
    ...nodes.map(({ name, url, token }) => `N${name}=${url} T${name}=${token}`),
    `HUB=${hub.url} THUB=${hub.token}`,
    `TRACE=${trace.id}`,
  ];
}

type Address = Pick<Participant, 'name' | 'url'>;

/** Where the documentation is, and what to try. */
export function addressLines(
  hub: Address,
  nodes: readonly Address[],
  { province, variables }: { readonly province: string; readonly variables: string },
): string[] {
  return [
    'Tài liệu API / API documentation',
    ...nodes.map((node) => addressLine(provinceLabel(node.name), `${node.url}/docs`)),
    addressLine('trung tâm / national hub', `${hub.url}/docs`),
    '',
    'Thử / try (dòng đầu nạp địa chỉ và mã truy cập / the first line sets addresses',
    'and tokens, as shell variables):',
    `  . ${variables}`,
    `  curl -H "authorization: Bearer $T${province}" $N${province}/v1/traces/$TRACE`,
    `  curl -H "authorization: Bearer $T79" $N79/v1/traces/$TRACE/contacts`,
    `  curl -H "authorization: Bearer $THUB" $HUB/v1/traces/$TRACE/graph`,
  ];
}

/** Where people sign in, by one click, and how all of it ends. */
export function consoleLines(nodes: readonly Address[], style: Style): string[] {
  return [
    style.bold('Bàn làm việc / consoles (đăng nhập bằng một lần bấm / sign in by one click)'),
    ...nodes.map((node) => addressLine(provinceLabel(node.name), `${node.url}/`)),
    style.bold('Ctrl-C: dừng tất cả / stop everything'),
  ];
}

function addressLine(label: string, address: string): string {
  return `  ${padEnd(label, 24)}  ${address}`;
}
