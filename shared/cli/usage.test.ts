import { Command, Option } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import { runCommand } from './run.ts';
import { speakAsAsked } from './say.ts';

function program(): Command {
  const root = new Command('truyvet-thu').description('chương trình thử');
  root
    .command('open <case>')
    .requiredOption('--direction <word>', 'hướng')
    .addOption(new Option('--kind <word>', 'loại').choices(['a', 'b']).default('a'))
    .action(() => undefined);
  root.command('close').action(() => undefined);
  return root;
}

async function said(args: readonly string[], language: 'vi' | 'en'): Promise<string> {
  let text = '';
  const write = (part: string) => {
    text += part;
    return true;
  };
  const stream = { write };
  speakAsAsked(['--language', language], {});
  await runCommand(program(), { args, stdout: stream, stderr: stream, env: {} } as never);
  return text;
}

afterEach(() => speakAsAsked([], {}));

describe('what is wrong with a call', () => {
  it.each([
    [['--langage'], 'lỗi: không có tùy chọn --langage\n', 'error: there is no option --langage\n'],
    [
      ['clos'],
      'lỗi: không có lệnh clos\ncó phải là close?\n',
      'error: there is no command clos\ndid you mean close?\n',
    ],
    [['open', '--direction', 'y'], 'lỗi: thiếu tham số case\n', 'error: the argument case is missing\n'],
    [
      ['open', 'x', '--direction'],
      'lỗi: tùy chọn --direction <word> thiếu giá trị\n',
      'error: --direction <word> needs a value\n',
    ],
    [
      ['open', 'x'],
      'lỗi: thiếu tùy chọn --direction <word>\n',
      'error: the option --direction <word> is missing\n',
    ],
    [
      ['close', 'x', 'y'],
      'lỗi: thừa tham số: nhận 0, có 2\n',
      'error: too many arguments: 0 are taken, 2 were given\n',
    ],
    [
      ['open', 'x', '--direction', 'y', '--kind', 'c'],
      'lỗi: --kind <word> phải là một trong: a, b\n',
      'error: --kind <word> must be one of: a, b\n',
    ],
  ])('%j', async (args, vi, en) => {
    expect([await said(args, 'vi'), await said(args, 'en')]).toEqual([vi, en]);
  });
});

describe('help', () => {
  it('of a program has no English left', async () => {
    expect(await said(['--help'], 'vi')).toBe(
      `Cách dùng: truyvet-thu [tùy chọn] [lệnh]

chương trình thử

Tùy chọn:
  -h, --help              xem cách dùng lệnh

Lệnh:
  open [tùy chọn] <case>
  close
  help [lệnh]             xem cách dùng lệnh
`,
    );
  });

  it('of a command says what may be given, and what stands without', async () => {
    const text = await said(['open', '--help'], 'vi');
    expect(text).toContain('--kind <word>       loại (một trong: "a", "b", mặc định: "a")');
    expect(text).not.toMatch(/choices|default|Usage|Options|display/);
    expect(await said(['open', '--help'], 'en')).toContain('(one of: "a", "b", default: "a")');
  });
});
