/**
 * `truyvet-hub audit …`: finds the hub's own audit log and its key on this machine, and asks the running hub
 * to compare its log with those of the provinces.
 */

import type { Command } from 'commander';
import { z } from 'zod';
import { HUB_ORIGIN } from '../../shared/audit/checkpoint.ts';
import type { LostStretch } from '../../shared/audit/restores.ts';
import { type ApiAddress, callJson } from '../../shared/cli/api.ts';
import { describeLost, type OwnLog } from '../../shared/cli/audit.ts';
import { FoundProblems } from '../../shared/cli/run.ts';
import { say, sayAny } from '../../shared/cli/say.ts';
import type { Shell } from '../../shared/cli/shell.ts';
import { formatTable } from '../../shared/cli/terminal.ts';
import { type Env, parseEnv } from '../../shared/config.ts';
import { databaseUrl, privateKeyFile } from '../../shared/config-fields.ts';
import type { CliWord } from '../../shared/i18n/cli-catalogue.ts';

const schema = z.object({ DATABASE_URL: databaseUrl, WARRANT_KEY_FILE: privateKeyFile });

/** The log of the hub that DATABASE_URL and WARRANT_KEY_FILE are of. Throws INVALID_CONFIG. */
export async function ownLogOf(env: Env): Promise<OwnLog> {
  const found = parseEnv(schema, env);
  return { databaseUrl: found.DATABASE_URL, origin: HUB_ORIGIN, key: found.WARRANT_KEY_FILE };
}

interface DifferencesJson {
  readonly count: number;
  readonly first: readonly { readonly trace: string; readonly seq: number; readonly kind: string }[];
}

interface ReconciliationJson {
  readonly hub: DifferencesJson;
  readonly provinces: readonly {
    readonly province: string;
    readonly state: string;
    readonly reason: string | null;
    readonly questions: number;
    readonly differences: DifferencesJson;
    readonly lost: readonly Omit<LostStretch, 'sound'>[];
  }[];
}

/** What differs, by its kind in the answer. */
const KINDS: Readonly<Record<string, CliWord>> = {
  only_node: 'audit.only_node',
  only_hub: 'audit.only_hub',
  lost: 'audit.lost',
  digests_differ: 'audit.digests_differ',
  only_hub_log: 'audit.only_hub_log',
  only_hub_tables: 'audit.only_hub_tables',
};

function kindOf(kind: string): string {
  const word = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  return word === undefined ? kind : sayAny(word);
}

/** Adds `reconcile` to the command `audit`. */
export function addReconcileCommand(audit: Command, shell: Shell, address: () => ApiAddress): void {
  audit
    .command('reconcile')
    .description(say('audit.reconcile'))
    .option('--province <code>', say('option.province'))
    .action(async ({ province }: { province?: string }) => {
      const query = province === undefined ? '' : `?province=${encodeURIComponent(province)}`;
      const path = `/v1/audit/reconciliations${query}`;
      const found = await callJson<ReconciliationJson>(address(), path, { method: 'POST' });
      shell.stdout.write(describe(found));
      const agrees = found.hub.count === 0 && found.provinces.every(({ state }) => state === 'agrees');
      if (!agrees) throw new FoundProblems();
    });
}

function describe({ hub, provinces }: ReconciliationJson): string {
  const rows = provinces.map(({ province, state, reason, questions, differences }) => [
    province,
    reason === null ? state : `${state} ${reason}`,
    String(questions),
    String(differences.count),
  ]);
  const headings = [
    say('column.province'),
    say('column.verdict'),
    say('column.questions'),
    say('column.differences'),
  ];
  const each = [
    ...hub.first.map((one) => ['hub', one] as const),
    ...provinces.flatMap(({ province, differences }) =>
      differences.first.map((one) => [province, one] as const),
    ),
  ].map(([who, { trace, seq, kind }]) => [who, trace, String(seq), kindOf(kind)]);
  const lost = provinces.flatMap((one) => one.lost.map((each) => `${one.province}: ${describeLost(each)}\n`));
  const table = formatTable(headings, rows) + lost.join('');
  return table + (each.length === 0 ? '' : `\n${formatTable(differenceHeadings(), each)}`);
}

function differenceHeadings(): string[] {
  return [say('column.at_side'), say('column.trace'), say('column.question'), say('column.difference')];
}
