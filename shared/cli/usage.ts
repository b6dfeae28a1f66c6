/**
 * What commander says by itself (help, and what is wrong with how a command was called) in the language that
 * is spoken. It has English alone, and no door for other words: they are known by their form. A form that a
 * newer commander changes is found by the test, and shown in English until then.
 */
import { type Command, Help } from 'commander';
import { say, sayAny } from './say.ts';

/** `command` with its own words in the language that is spoken now. */
export function inOurWords(command: Command): Command {
  command.helpOption('-h, --help', say('usage.help'));
  // Asked of all commands: one without others below it has no such command.
  if (command.commands.length > 0) command.helpCommand(`help [${say('usage.a_command')}]`, say('usage.help'));
  const help = new Help();
  return command
    .configureHelp({
      styleTitle: (title) => (TITLES[title] ? sayAny(TITLES[title]) : title),
      commandUsage: (one) => usageIn(help.commandUsage(one)),
      subcommandTerm: (one) => usageIn(help.subcommandTerm(one)),
      optionDescription: (option) => remarksIn(help.optionDescription(option)),
      argumentDescription: (argument) => remarksIn(help.argumentDescription(argument)),
    })
    .configureOutput({ outputError: (text, write) => write(faultIn(text)) });
}

const TITLES: Readonly<Record<string, Parameters<typeof sayAny>[0]>> = {
  'Usage:': 'usage.usage',
  'Arguments:': 'usage.arguments',
  'Options:': 'usage.options',
  'Commands:': 'usage.commands',
};

function usageIn(text: string): string {
  return text
    .replace('[options]', `[${say('usage.an_option')}]`)
    .replace('[command]', `[${say('usage.a_command')}]`);
}

/** Commander puts what it knows of a value behind its description: `(default: "72")`. */
function remarksIn(text: string): string {
  return text
    .replace(/\bdefault: ([^)]*)(?=\)$)/, (_all, value: string) => say('usage.default', { value }))
    .replace(/\bchoices: ((?:"[^"]*"(?:, )?)+)/, (_all, values: string) => say('usage.choices', { values }));
}

type Said = (parts: readonly string[]) => string;

/** Forms of its errors, and what we say instead. */
const FAULTS: readonly (readonly [RegExp, Said])[] = [
  [/^error: unknown option '(.+)'$/, ([name = '']) => say('usage.unknown_option', { name })],
  [/^error: unknown command '(.+)'$/, ([name = '']) => say('usage.unknown_command', { name })],
  [/^error: missing required argument '(.+)'$/, ([name = '']) => say('usage.missing_argument', { name })],
  [/^error: option '(.+)' argument missing$/, ([name = '']) => say('usage.missing_value', { name })],
  [/^error: required option '(.+)' not specified$/, ([name = '']) => say('usage.missing_option', { name })],
  [
    /^error: too many arguments.*\. Expected (\d+) arguments? but got (\d+)\.$/,
    ([most = '', given = '']) => say('usage.too_many', { most, given }),
  ],
  [
    /^error: option '(.+?)' argument '.*' is invalid\. Allowed choices are (.+)\.$/,
    ([name = '', values = '']) => say('usage.not_a_choice', { name, values }),
  ],
  [
    /^error: command-argument value '.*' is invalid for argument '(.+?)'\. Allowed choices are (.+)\.$/,
    ([name = '', values = '']) => say('usage.not_a_choice', { name, values }),
  ],
];

/** An error in the words of the catalogue, and what was perhaps meant. */
function faultIn(text: string): string {
  const [fault = '', hint = ''] = text.trimEnd().split('\n');
  const [known] = FAULTS.flatMap(([form, said]) => {
    const found = form.exec(fault);
    return found ? [said(found.slice(1))] : [];
  });
  const [, names] = /^\(Did you mean (?:one of )?(.+)\?\)$/.exec(hint) ?? [];
  const lines = [known ?? fault, ...(names === undefined ? [] : [say('usage.similar', { names })])];
  return `${lines.join('\n')}\n`;
}
