/**
 * Lists of the API on a command line: page after page up to a limit, as a table in local time or as JSON.
 * Knows no list.
 */

import type { Command } from 'commander';
import { parseInstant, vietnamTime } from '../domain/instant.ts';
import { invalidField } from '../errors.ts';
import type { CliWord } from '../i18n/cli-catalogue.ts';
import { type ApiAddress, callJson } from './api.ts';
import { say, sayAny } from './say.ts';
import { formatTable } from './terminal.ts';

export interface ListOptions {
  readonly limit: string;
  readonly json?: boolean;
}

/** A text of the catalogue, or what needs none. */
type Heading = CliWord | 'id' | 'F';

/** What a list is: where its rows are, and how each is shown to people. */
export interface ListView<Row> {
  readonly path: string;
  /** Parameters of the query, besides paging. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Name of the rows in the answer. */
  readonly rows: string;
  /** Most rows that the route gives at once. */
  readonly most: number;
  readonly columns: readonly (readonly [heading: Heading, cell: (row: Row) => string])[];
  /** A line about all rows, out of what the answer says beside them; `--json` then has that, too. */
  readonly head?: (answer: Page) => string;
}

/** Adds what every list has. */
export function listCommand(command: Command): Command {
  return command.option('--limit <n>', say('option.limit'), '100').option('--json', say('option.json'));
}

/**
 * The list as text: a table with times of Asia/Ho_Chi_Minh, or JSON (an array of the rows, or the answer with
 * all of them where it has a head). Throws INVALID_FIELD.
 */
export async function showList<Row>(
  address: ApiAddress,
  view: ListView<Row>,
  { limit, json }: ListOptions,
): Promise<string> {
  if (!/^[1-9]\d{0,6}$/.test(limit))
    throw invalidField('--limit', 'OUT_OF_BOUNDS', { least: 1, most: 9_999_999 });
  const { rows, answer } = await fetchRows(address, view, Number(limit));
  const { next: _next, ...said } = answer;
  if (json) return `${JSON.stringify(view.head ? { ...said, [view.rows]: rows } : rows, null, 2)}\n`;
  const headings = view.columns.map(([heading]) =>
    heading === 'id' || heading === 'F' ? heading : sayAny(heading),
  );
  const table = formatTable(
    headings,
    rows.map((row) => view.columns.map(([, cell]) => cell(row))),
  );
  return view.head ? `${view.head(answer)}\n${table}` : table;
}

/** One answer of the list: its rows and what it says beside them. */
export type Page = Readonly<Record<string, unknown>> & { readonly next?: string | null };

/** The rows of all pages up to `limit`, and the last answer. */
async function fetchRows<Row>(
  address: ApiAddress,
  view: ListView<Row>,
  limit: number,
): Promise<{ rows: Row[]; answer: Page }> {
  const rows: Row[] = [];
  for (let after: string | undefined; ; ) {
    const ask = { ...view.query, limit: String(Math.min(view.most, limit - rows.length)), after };
    const page = await callJson<Page>(address, `${view.path}?${queryOf(ask)}`);
    rows.push(...(page[view.rows] as Row[]));
    if (!page.next || rows.length >= limit) return { rows, answer: page };
    after = page.next;
  }
}

function queryOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return new URLSearchParams(given).toString();
}

/** `2021-06-01 15:00` in Asia/Ho_Chi_Minh; empty for null. */
export function localTime(instant: string | null): string {
  return instant === null ? '' : vietnamTime(parseInstant(instant));
}
