import { describe, expect, it } from 'vitest';
import { parseListen } from '../http/listen.ts';
import { readEvents } from './events.ts';
import { formatBar, formatTable, StatusLine } from './terminal.ts';

describe('tables', () => {
  it('align columns and end no line with spaces', () => {
    expect(
      formatTable(
        ['line', 'field'],
        [
          ['12', 'phone'],
          ['7', ''],
        ],
      ),
    ).toBe('line  field\n12    phone\n7\n');
  });
});

describe('bars', () => {
  it.each([
    [0, 4_000_000, '[    ]   0 %  0.0 MB'],
    [1_000_000, 4_000_000, '[#   ]  25 %  1.0 MB'],
    [5_000_000, 4_000_000, '[####] 100 %  5.0 MB'],
    [0, 0, '[####] 100 %  0.0 MB'],
  ])('%i of %i', (done, total, text) => {
    expect(formatBar(done, total, 23)).toBe(text);
  });
});

describe('status lines', () => {
  const drawn = (isTTY: boolean, parts = ['a', 'a', 'b'], columns = 80) => {
    let text = '';
    const write = (part: string) => {
      text += part;
      return true;
    };
    const line = new StatusLine({ isTTY, write, columns } as never);
    for (const part of parts) line.show(part);
    line.end();
    return text;
  };
  it('are drawn over themselves on a terminal', () => expect(drawn(true)).toBe('\r\x1b[Ka\r\x1b[Kb\n'));
  it('are printed once elsewhere', () => expect(drawn(false)).toBe('b\n'));
  it.each([
    [40, `${'x'.repeat(38)}…`],
    [0, 'x'.repeat(60)],
  ])('never wrap, also on a terminal of %i columns', (columns, seen) =>
    expect(drawn(true, ['x'.repeat(60)], columns)).toBe(`\r\x1b[K${seen}\n`),
  );
  it('leave room for a whole bar on 40 columns', () => {
    const { width } = new StatusLine({ isTTY: true, write: () => true, columns: 40 });
    const bar = formatBar(123_456_789, 999_999_999, width);
    expect(bar.length).toBeLessThanOrEqual(39);
    expect(bar).toContain(' 12 %  123.5 MB');
  });
});

it('reads events however they are cut', async () => {
  const bytes = new TextEncoder().encode(
    ': beat\n\nevent: state\ndata: {"n":"Bắc"}\n\ndata: 2\n\nevent: cut',
  );
  const body = new ReadableStream({
    start: (sink) => {
      for (const byte of bytes) sink.enqueue(Uint8Array.of(byte));
      sink.close();
    },
  });
  const events = [];
  for await (const event of readEvents(new Response(body))) events.push(event);
  expect(events).toEqual([
    { event: 'state', data: { n: 'Bắc' } },
    { event: 'message', data: 2 },
  ]);
});

it.each([
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['localhost:65535', { host: 'localhost', port: 65535 }],
  ['[::1]:80', { host: '::1', port: 80 }],
  ['::1:80', undefined],
  ['127.0.0.1', undefined],
  ['127.0.0.1:65536', undefined],
  [':80', undefined],
  ['http://x:80', undefined],
])('listens on %s', (text, listen) => {
  expect(parseListen(text)).toEqual(listen);
});
