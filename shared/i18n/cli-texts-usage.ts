/**
 * What a command line says of itself: headings of its help, and what is wrong with how it was called.
 */
import type { Text } from './text.ts';

export const CLI_USAGE_TEXTS = {
  'usage.usage': { vi: 'Cách dùng:', en: 'Usage:' },
  'usage.arguments': { vi: 'Tham số:', en: 'Arguments:' },
  'usage.options': { vi: 'Tùy chọn:', en: 'Options:' },
  'usage.commands': { vi: 'Lệnh:', en: 'Commands:' },
  'usage.an_option': { vi: 'tùy chọn', en: 'options' },
  'usage.a_command': { vi: 'lệnh', en: 'command' },
  'usage.help': { vi: 'xem cách dùng lệnh', en: 'how to use the command' },
  'usage.default': { vi: 'mặc định: {value}', en: 'default: {value}' },
  'usage.choices': { vi: 'một trong: {values}', en: 'one of: {values}' },
  'usage.unknown_option': { vi: 'lỗi: không có tùy chọn {name}', en: 'error: there is no option {name}' },
  'usage.unknown_command': { vi: 'lỗi: không có lệnh {name}', en: 'error: there is no command {name}' },
  'usage.missing_argument': { vi: 'lỗi: thiếu tham số {name}', en: 'error: the argument {name} is missing' },
  'usage.missing_value': { vi: 'lỗi: tùy chọn {name} thiếu giá trị', en: 'error: {name} needs a value' },
  'usage.missing_option': { vi: 'lỗi: thiếu tùy chọn {name}', en: 'error: the option {name} is missing' },
  'usage.too_many': {
    vi: 'lỗi: thừa tham số: nhận {most}, có {given}',
    en: 'error: too many arguments: {most} are taken, {given} were given',
  },
  'usage.not_a_choice': {
    vi: 'lỗi: {name} phải là một trong: {values}',
    en: 'error: {name} must be one of: {values}',
  },
  'usage.similar': { vi: 'có phải là {names}?', en: 'did you mean {names}?' },
} as const satisfies Readonly<Record<string, Text>>;
