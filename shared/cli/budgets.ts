/**
 * Commands for a program's budgets (of questions at a node, of the key service at the hub): one table of
 * limits for all provinces, and others in their place for some.
 */

import { Command } from 'commander';
import { invalidField } from '../errors.ts';
import { type ApiAddress, callApi, callJson } from './api.ts';
import { say } from './say.ts';
import type { Shell } from './shell.ts';
import { formatTable } from './terminal.ts';

type Limits = Readonly<Record<string, number>>;

/** What GET answers: limits, and columns of use that each program has its own. */
interface BudgetsJson {
  readonly default: Limits;
  readonly provinces: readonly (Limits & { readonly province: string })[];
  readonly used: readonly Readonly<Record<string, unknown>>[];
}

export interface BudgetCommandOptions {
  /** `budgets`, `key-budgets`. */
  readonly name: string;
  readonly description: string;
  /** Route for GET and PUT. */
  readonly path: string;
  /** Names of the limits, as in JSON: `per_hour` is set by `--per-hour`. */
  readonly limits: readonly string[];
  readonly shell: Shell;
  address(): ApiAddress;
}

/** `NAME show`, `NAME set [province]`, `NAME reset [province]`. */
export function budgetCommand(options: BudgetCommandOptions): Command {
  const { name, path, limits, shell, address } = options;
  const command = new Command(name).description(options.description);
  command
    .command('show', { isDefault: true })
    .description(say('budgets.show'))
    .action(async () => {
      shell.stdout.write(tableOf(await callJson<BudgetsJson>(address(), path), limits));
    });
  const set = command.command('set [province]').description(say('budgets.set'));
  for (const limit of limits) set.option(`--${limit.replaceAll('_', '-')} <n>`, limit);
  set.action(async (province: string | undefined, given: Record<string, string>) => {
    const now = await callJson<BudgetsJson>(address(), path);
    const before = now.provinces.find((one) => one.province === province) ?? now.default;
    const budget = Object.fromEntries(limits.map((limit) => [limit, limitOf(limit, given) ?? before[limit]]));
    await put(address(), path, { province, budget });
  });
  command
    .command('reset [province]')
    .description(say('budgets.reset'))
    .action((province: string | undefined) => put(address(), path, { province, budget: null }));
  return command;
}

async function put(api: ApiAddress, path: string, json: object): Promise<void> {
  await callApi(api, path, { method: 'PUT', json });
}

/** The option of a limit as a number; undefined if it was not given. Throws INVALID_FIELD. */
function limitOf(limit: string, given: Record<string, string>): number | undefined {
  const text = given[limit.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalidField(`--${limit.replaceAll('_', '-')}`, 'NOT_AN_INTEGER');
  return Number(text);
}

function tableOf(budgets: BudgetsJson, limits: readonly string[]): string {
  const row = (name: string, values: Limits) => [name, ...limits.map((limit) => String(values[limit]))];
  const rows = [
    row('*', budgets.default),
    ...budgets.provinces.map(({ province, ...values }) => row(province, values as Limits)),
  ];
  const used = budgets.used.map(({ province, ...use }) => [String(province), JSON.stringify(use)]);
  const table = formatTable([say('column.province'), ...limits], rows);
  return used.length === 0
    ? table
    : `${table}\n${formatTable([say('column.province'), say('column.used')], used)}`;
}
