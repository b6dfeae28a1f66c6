import { expect, test } from 'vitest';
import { widthOf } from '../../../shared/cli/text.ts';
import type { TraceJson } from '../../../shared/http/trace-json.ts';
import type { Contact } from '../client.ts';
import { importView, traceView } from './progress.ts';
import {
  addressLines,
  consoleLines,
  exampleLines,
  passerByLines,
  resultLines,
  variableLines,
} from './result.ts';
import { styleOf } from './text.ts';

const style = styleOf(false);

function coverage(province: string, state: TraceJson['coverage'][number]['state'], behind = 0) {
  return { province, state, behind, answered_at: null, data_at: null, reason: null, pending_identifiers: 0 };
}

const trace: TraceJson = {
  ...{ id: 'ab'.repeat(16), state: 'partial', rules: 1, cases: [], direction: 'forward', max_degree: 2 },
  ...{
    as_of: '2026-11-22T17:00:00Z',
    province: '24',
    version: 1,
    revision: 0,
    refusal: null,
    warnings: [],
    opened_at: null,
    completed_at: null,
  },
  coverage: [coverage('24', 'current'), coverage('79', 'behind', 1_204), coverage('01', 'unreachable')],
  contacts: { by_degree: { '1': 2, '2': 1 }, by_province: { '24': 2, '79': 1 } },
  progress: { questions: 1_300, awaited: 1_204 },
  elapsed_ms: 1_234,
};

function contact(degree: number, length: number, more: Partial<Contact> = {}): Contact {
  const base = {
    identifiers: ['phone:+84500000001'],
    name: 'Nguyễn Thị Hoa',
    ward: '07801',
    settings: ['place'],
  };
  return { ...base, degree, seconds: length, place_kinds: ['factory'], exposed_in: ['24'], ...more };
}

const contacts = new Map([
  ['24', [contact(2, 900), contact(1, 25_500, { settings: ['place', 'household', 'encounter'] })]],
  ['79', [contact(1, 1_200, { identifiers: ['cccd:079898000001', 'phone:+84500100001'] })]],
  ['01', []],
]);

test('contacts by degree and province, with what each province has answered', () => {
  const lines = resultLines(trace, contacts, style);
  expect(lines).toContain('  24 Bắc Giang      1   1             2  đủ / current');
  expect(lines).toContain('  79 Hồ Chí Minh    1   0             1  chưa đủ / behind (1,204)');
  expect(lines).toContain('  01 Hà Nội         0   0             0  mất liên lạc / unreachable');
  expect(lines).toContain('  Tổng / total      2   1             3  chưa đủ / partial');
  expect(lines.join('\n')).toContain('1.23 s');
});

test('examples: the longest exposed of each degree, with ward and settings', () => {
  expect(exampleLines('24', contacts.get('24') ?? [], () => 'Vân Trung').slice(1)).toEqual([
    '  F1  Nguyễn Thị Hoa        Vân Trung         7 h 05′  nhà máy, cùng nhà, Bluet…',
    '  F2  Nguyễn Thị Hoa        Vân Trung             15′  nhà máy',
  ]);
});

test('examples are few, the longest exposed first', () => {
  const list = [60, 240, 120, 180].map((length) => contact(1, length));
  const shown = exampleLines('24', list, () => 'Vân Trung').slice(1);
  expect(shown.map((line) => line.match(/\d+(?=′)/)?.[0])).toEqual(['4', '3', '2']);
});

test('the passer-by is named if it was found, and else not', () => {
  const passerBy = { name: 'Lê Thị Chi', identifiers: ['phone:+84500100001'] };
  expect(passerByLines({ passerBy }, contacts)[1]).toContain('F1  Lê Thị Chi (79 Hồ Chí Minh): 20′');
  expect(passerByLines({ passerBy: { ...passerBy, identifiers: [] } }, contacts)).toEqual([]);
});

test('no line is wider than 80 cells', () => {
  const url = 'http://127.0.0.1:32767';
  const participant = (name: string) => ({ name, url });
  const sent = {
    province: '79',
    kind: 'check-ins',
    sentRows: 1_234_567,
    rows: 1_234_567,
    finished: false,
  } as const;
  const lines = [
    ...resultLines(trace, contacts, style),
    ...exampleLines('24', contacts.get('24') ?? [], () => 'Phường Trần Nguyên Hãn'),
    ...passerByLines(
      { passerBy: { name: 'Nguyễn Phương Quỳnh', identifiers: ['phone:+84500100001'] } },
      contacts,
    ),
    ...addressLines(participant('hub'), ['24', '79', '01'].map(participant), {
      ...{ province: '24', variables: '/tmp/truyvet-federation-aBcDeF/variables.sh' },
    }),
    ...consoleLines(['24', '79', '01'].map(participant), style),
    ...importView([sent], style).live,
    ...traceView(trace, 99_999, { style }).live,
    traceView(undefined, 0, { style }).plain,
    importView([sent, sent, sent], style).plain,
  ];
  expect(lines.filter((line) => widthOf(line) > 80)).toEqual([]);
});

test('progress of a trace: its state, questions, and contacts by degree', () => {
  expect(traceView(trace, 1_000, { style })).toEqual({
    live: [
      '  chưa đủ / partial · 1.00 s',
      '  câu hỏi / questions 1,300 · chờ trả lời / awaiting answers 1,204',
      `  F1       2  ${'█'.repeat(40)}`,
      `  F2       1  ${'█'.repeat(20)}`,
    ],
    plain: '  chưa đủ / partial · câu hỏi / questions 1,300 · F1 2 · F2 1',
  });
});

test('on 40 columns bars shrink, numbers stay, and no line is cut', () => {
  const sent = { province: '79', kind: 'check-ins', sentRows: 6_000, rows: 12_000, finished: false } as const;
  const lines = [
    ...importView([sent], style, 39).live,
    ...traceView(trace, 1_000, { style, width: 39 }).live,
  ];
  expect(lines).toEqual([
    `  79 Hồ Chí Minh  ${'█'.repeat(7)}${'░'.repeat(6)}   6,000`,
    '  chưa đủ / partial · 1.00 s',
    '  câu hỏi / questions 1,300',
    '  chờ trả lời / awaiting answers 1,204',
    `  F1       2  ${'█'.repeat(25)}`,
    `  F2       1  ${'█'.repeat(13)}`,
  ]);
});

test('addresses and tokens are lines of a file; on the screen there is one line that loads it', () => {
  const participant = (name: string) => ({ name, url: `http://${name}`, token: `secret-${name}` });
  const nodes = ['24', '79'].map(participant);
  expect(variableLines(participant('hub') as never, nodes as never, { id: 'ab' })).toEqual([
    ...['N24=http://24 T24=secret-24', 'N79=http://79 T79=secret-79', 'HUB=http://hub THUB=secret-hub'],
    'TRACE=ab',
  ]);
  const shown = addressLines(participant('hub'), nodes, { province: '24', variables: '/tmp/x/variables.sh' });
  expect(shown.filter((line) => line.includes('secret'))).toEqual([]);
  expect(shown.filter((line) => line === '  . /tmp/x/variables.sh')).toHaveLength(1);
});
