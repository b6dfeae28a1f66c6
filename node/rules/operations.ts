/**
 * The rules that this node works by: pulled from the hub, checked, kept in the database, so that a hub that
 * is away leaves the node with the rules it had. Nobody else reads `rule_packs`.
 */
import type { KeyObject } from 'node:crypto';
import { verifyRulePack } from '../../shared/auth/rule-signature.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { type RulePack, rulesInForce } from '../../shared/domain/rule-pack.ts';
import { AppError } from '../../shared/errors.ts';
import { jitteredMs } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import { insertPack, listSignedPacks } from './queries.ts';

/** Where signed packs come from: the hub, as compact JWS. */
export type RuleSource = (deadlineMs: number) => Promise<readonly string[]>;

export interface RuleBookOptions {
  db: Database;
  /** The hub's public warrant key. */
  warrantKey: KeyObject;
  source: RuleSource;
  clock: Clock;
  logger: Logger;
}

export interface RuleBook {
  /** The pack in force now. Throws FAILED_PRECONDITION NO_RULES_IN_FORCE. */
  inForce(): RulePack;
  /** The pack of a number, if this node has it. */
  pack(number: number): RulePack | undefined;
  /** Resolves if any pack is known; rejects with UNAVAILABLE NO_RULES. */
  check(): Promise<void>;
  /** Asks the hub now; rejects as the source does, and with RULES_BAD_SIGNATURE and BAD_RULES. */
  pull(): Promise<void>;
  /** Pulls at once and every minute, sooner after a failure, until `signal` aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

const PULL_EVERY_MS = 60_000;
const RETRY_MS = 1_000;
const DEADLINE_MS = 5_000;

/**
 * The book with what the database holds; packs whose signature no longer fits the pinned key are left out.
 */
export async function openRuleBook(options: RuleBookOptions): Promise<RuleBook> {
  const packs = new Map<number, RulePack>();
  for (const signed of await listSignedPacks(options.db)) {
    const pack = await verifyRulePack(signed, options.warrantKey).catch((err: unknown) => {
      options.logger.warn({ err }, 'stored rule pack left out');
      return undefined;
    });
    if (pack) packs.set(pack.number, pack);
  }
  const book: RuleBook = {
    inForce: () => inForce([...packs.values()], nowSeconds(options.clock)),
    pack: (number) => packs.get(number),
    check: async () => {
      if (packs.size === 0)
        throw new AppError('UNAVAILABLE', 'NO_RULES', 'no rules have come from the hub yet');
    },
    pull: () => pull(options, packs),
    run: (signal) => pullForEver(options, book, signal),
  };
  return book;
}

function inForce(packs: readonly RulePack[], now: number): RulePack {
  const pack = rulesInForce(packs, now);
  if (pack) return pack;
  throw new AppError(
    'FAILED_PRECONDITION',
    'NO_RULES_IN_FORCE',
    'no rules of the national centre are in force here',
  );
}

async function pull(
  { source, db, warrantKey }: RuleBookOptions,
  packs: Map<number, RulePack>,
): Promise<void> {
  for (const signed of await source(DEADLINE_MS)) {
    const pack = await verifyRulePack(signed, warrantKey);
    await insertPack(db, signed, pack);
    packs.set(pack.number, pack);
  }
}

async function pullForEver(
  { clock, logger }: RuleBookOptions,
  book: RuleBook,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const pulled = await book.pull().then(
      () => true,
      (err: unknown) => {
        logger.warn({ err }, 'rules could not be pulled');
        return false;
      },
    );
    await clock.sleep(jitteredMs(pulled ? PULL_EVERY_MS : RETRY_MS), signal);
  }
}
