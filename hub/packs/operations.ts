/**
 * The rule packs that this hub issues: the shipped files, or one file of the operator's instead. They do not
 * change while the program runs; a new version comes with a restart.
 */
import type { KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '../../shared/acts/access.ts';
import type { ActCtx } from '../../shared/acts/act.ts';
import { nowSeconds } from '../../shared/clock.ts';
import { type RulePack, rulesInForce } from '../../shared/domain/rule-pack.ts';
import { AppError } from '../../shared/errors.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { parseRulePack, signRulePack } from '../../shared/signed/rule-signature.ts';
import { read } from './acts.ts';

/** What the hub issues, ordered by number. */
export interface IssuedRules {
  readonly packs: readonly RulePack[];
  /** Compact JWS of `packs`, in the same order. */
  readonly signed: readonly string[];
  /** The pack of a number, undefined if this hub does not issue it. */
  pack(number: number): RulePack | undefined;
}

const SHIPPED = join(packageRoot, 'hub', 'packs', 'default');

/** Packs to issue: `override` (the content of RULES_FILE) alone, else the shipped ones. Throws BAD_RULES. */
export async function issueRules(key: KeyObject, override?: unknown): Promise<IssuedRules> {
  const packs = override === undefined ? readShippedPacks() : [parseRulePack(override, 'RULES_FILE')];
  packs.sort((a, b) => a.number - b.number);
  const twice = packs.find((pack, index) => packs[index - 1]?.number === pack.number);
  if (twice)
    throw new AppError('INVALID_ARGUMENT', 'BAD_RULES', `two rule packs have the number ${twice.number}`, {
      details: [{ field: 'number', reason: 'REPEATED' }],
    });
  const signed = await Promise.all(packs.map((pack) => signRulePack(pack, key)));
  return { packs, signed, pack: (number) => packs.find((pack) => pack.number === number) };
}

/** The packs that come with the package, in the order of their dates. Throws BAD_RULES. */
export function readShippedPacks(): RulePack[] {
  const files = readdirSync(SHIPPED).filter((name) => name.endsWith('.json'));
  return files
    .sort()
    .map((name) => parseRulePack(JSON.parse(readFileSync(join(SHIPPED, name), 'utf8')), name));
}

/** The packs and which of them is in force now, null if none is. */
export function listRules(
  ctx: ActCtx & { readonly rules: IssuedRules },
  caller: Caller,
): Promise<{ inForce: number | null; packs: readonly RulePack[] }> {
  return read(ctx, caller, 'rules.list', {}, async () => {
    const { packs } = ctx.rules;
    return { inForce: rulesInForce(packs, nowSeconds(ctx.clock))?.number ?? null, packs };
  });
}
