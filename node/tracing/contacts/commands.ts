/**
 * `truyvet-node trace contacts, take-over`: a trace's contacts as a table for people, in the words of a desk,
 * and one of them taken over from another province.
 */

import type { Command } from 'commander';
import { type ApiAddress, callJson } from '../../../shared/cli/api.ts';
import {
  type ListOptions,
  type ListView,
  listCommand,
  localTime,
  type Page,
  showList,
} from '../../../shared/cli/lists.ts';
import { language, say } from '../../../shared/cli/say.ts';
import type { Shell } from '../../../shared/cli/shell.ts';
import { problemText } from '../../../shared/i18n/catalogue.ts';
import {
  called,
  PLACE_KIND_WORDS,
  SETTING_WORDS,
  TAKE_OVER_WORDS,
  TRACE_STATE_WORDS,
} from '../../../shared/i18n/words.ts';

/** Adds the command to `trace`; `address` is where the node is and as whom it is called. */
export function addContactsCommand(trace: Command, shell: Shell, address: () => ApiAddress): void {
  listCommand(trace.command('contacts <id>'))
    .description(say('trace.contacts'))
    .option('--ward <code>', say('option.ward'))
    .action(async (id: string, { ward, ...options }: ListOptions & { ward?: string }) => {
      shell.stdout.write(await showList(address(), contactsOf(id, ward), options));
    });
  trace
    .command('take-over <id> <contact>')
    .description(say('trace.take_over'))
    .action(async (id: string, contact: string) => {
      const path = `${pathOf(id)}/${encodeURIComponent(contact)}/take-over`;
      const { take_over } = await callJson<TakeOverJson>(address(), path, { method: 'POST' });
      shell.stdout.write(`${take_over === null ? say('contacts.ours') : takeOverWord(take_over)}\n`);
    });
}

interface TakeOverJson {
  readonly take_over: string | null;
}

const pathOf = (trace: string) => `/v1/traces/${encodeURIComponent(trace)}/contacts`;
const takeOverWord = (state: string) => called(TAKE_OVER_WORDS, state, language());

interface ContactJson extends TakeOverJson {
  readonly id: string;
  readonly identifiers: readonly string[];
  readonly name: string | null;
  readonly address: string | null;
  readonly ward: string | null;
  readonly degree: number;
  readonly first_exposed_at: string;
  readonly last_exposed_at: string;
  readonly seconds: number;
  readonly settings: readonly string[];
  readonly place_kinds: readonly string[];
  readonly exposed_in: readonly string[];
  readonly also_claimed: boolean;
  readonly take_over_refusal: string | null;
}

/** The contacts of a trace, in all wards of the caller or in one. */
function contactsOf(trace: string, ward: string | undefined): ListView<ContactJson> {
  return {
    path: pathOf(trace),
    query: { ward },
    rows: 'contacts',
    most: 1_000,
    head: headingLine,
    columns: [
      ['F', ({ degree }) => `F${degree}`],
      ['column.person', ({ name }) => name ?? ''],
      ['column.ward', ({ ward }) => ward ?? ''],
      ['column.address', ({ address }) => address ?? ''],
      ['column.first', ({ first_exposed_at }) => localTime(first_exposed_at)],
      ['column.last', ({ last_exposed_at }) => localTime(last_exposed_at)],
      ['column.minutes', ({ seconds }) => String(Math.floor(seconds / 60))],
      ['column.where', whereOf],
      ['column.exposed_in', ({ exposed_in }) => exposed_in.join(' ')],
      ['column.identifiers', ({ identifiers }) => identifiers.join(' ')],
      ['column.elsewhere', claimOf],
    ],
  };
}

interface HeadingJson {
  readonly trace: string;
  readonly state: string;
  readonly missing_provinces: readonly string[];
  readonly rules: number | null;
  readonly at: string;
  readonly by: string;
}

/** Above a list that somebody may print: whether it is all there is. */
function headingLine(answer: Page): string {
  const { trace, state, missing_provinces: missing, rules, at, by } = answer as unknown as HeadingJson;
  return [
    `${trace}  ${called(TRACE_STATE_WORDS, state, language())}`,
    ...(missing.length > 0 ? [say('contacts.missing', { provinces: missing.join(', ') })] : []),
    say('contacts.shown', { rules: rules ?? '?', at: localTime(at), by }),
  ].join('  ');
}

/** Of one whom another province is responsible for: its id, to take it over by, and how the wish stands. */
function claimOf({ id, also_claimed, take_over, take_over_refusal: refusal }: ContactJson): string {
  if (!also_claimed) return '';
  const why = refusal === null ? '' : `: ${problemText({ reason: refusal }, [], language()) ?? refusal}`;
  return take_over === null ? id : `${id} (${takeOverWord(take_over)}${why})`;
}

/** Kinds of place; that there was a place says less than which one. */
function whereOf({ place_kinds, settings }: ContactJson): string {
  return [
    ...place_kinds.map((kind) => called(PLACE_KIND_WORDS, kind, language())),
    ...settings.filter((one) => one !== 'place').map((one) => called(SETTING_WORDS, one, language())),
  ].join(', ');
}
