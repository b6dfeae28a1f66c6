/**
 * The rules that this node works by: pulled from the hub, checked, kept in the database, so that a hub that
 * is away leaves the node with the rules it had. Nobody else reads `rule_packs`.
 */
import type { KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { RefusalLog } from '../../../shared/audit/refusals.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, withTransaction } from '../../../shared/db/database.ts';
import { type RulePack, rulesInForce } from '../../../shared/domain/rule-pack.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../../shared/loop.ts';
import { verifyRulePack } from '../../../shared/signed/rule-signature.ts';
import { RULES_RECEIVED } from '../kinds.ts';
import { findPack, insertPack, listSignedPacks } from './queries.ts';

/** Where signed packs come from: the hub, as compact JWS. */
export type RuleSource = (deadlineMs: number) => Promise<readonly string[]>;

export interface RuleBookOptions {
  db: Database;
  /** The hub's public warrant key. */
  warrantKey: KeyObject;
  source: RuleSource;
  refusals: RefusalLog;
  clock: Clock;
  logger: Logger;
  watch?: LoopWatch | undefined;
}

export interface RuleBook {
  /** The pack in force now. Throws FAILED_PRECONDITION NO_RULES_IN_FORCE. */
  inForce(): RulePack;
  /** The pack in force at an instant (epoch seconds), if one of those that this node has was. */
  inForceAt(at: number): RulePack | undefined;
  /** The pack of a number, if this node has it. */
  pack(number: number): RulePack | undefined;
  /** All that this node has, in no order. */
  packs(): readonly RulePack[];
  /** Resolves if any pack is known; rejects with UNAVAILABLE NO_RULES. */
  check(): Promise<void>;
  /**
   * Asks the hub now, and takes over what is new; on the record. Rejects as the source does, and with
   * RULES_BAD_SIGNATURE, BAD_RULES, and PERMISSION_DENIED RULES_REPLACED if a number has come to mean other
   * rules than it did.
   */
  pull(): Promise<void>;
  /** Pulls at once and every minute, sooner after a failure. */
  start(): Loop;
}

const PULLING = { name: 'rules', everyMs: 60_000, retryMs: { first: 1_000, most: 1_000 } };
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
    inForceAt: (at) => rulesInForce([...packs.values()], at),
    pack: (number) => packs.get(number),
    packs: () => [...packs.values()],
    check: async () => {
      if (packs.size === 0)
        throw new AppError('UNAVAILABLE', 'NO_RULES', 'no rules have come from the hub yet');
    },
    pull: () => pull(options, packs),
    start: () => startLoop({ ...PULLING, ...options, pass: () => book.pull() }),
  };
  return book;
}

/**
 * The pack of a number: one that is new at the hub may be asked about before it was pulled. Throws
 * FAILED_PRECONDITION RULES_UNKNOWN; rejects as the hub does.
 */
export async function readPack(rules: Pick<RuleBook, 'pack' | 'pull'>, number: number): Promise<RulePack> {
  const known = rules.pack(number);
  if (known) return known;
  await rules.pull();
  const pulled = rules.pack(number);
  if (pulled) return pulled;
  throw new AppError('FAILED_PRECONDITION', 'RULES_UNKNOWN', `the hub has no rule pack ${number}`, {
    params: { number },
  });
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

async function pull(options: RuleBookOptions, packs: Map<number, RulePack>): Promise<void> {
  const attempt = { action: 'rules.refused', actor: HUB_ACTOR } as const;
  for (const signed of await options.source(DEADLINE_MS)) {
    await options.refusals.recording(take(options, packs, signed), () => attempt);
  }
}

async function take(options: RuleBookOptions, packs: Map<number, RulePack>, signed: string): Promise<void> {
  const verified = await verifyRulePack(signed, options.warrantKey);
  const before = await findKept(options, verified);
  // Before it is told of: whoever hears of it looks it up.
  packs.set(verified.number, verified);
  if (before === undefined) await keep(options, signed, verified);
}

/** The pack as it was kept before; a number keeps its rules, whoever signs others under it. */
async function findKept({ db }: RuleBookOptions, pack: RulePack): Promise<unknown> {
  const before = await findPack(db, pack.number);
  if (before !== undefined && !isDeepStrictEqual(before, pack)) {
    const message = `rules: pack ${pack.number} is known with other content`;
    throw new AppError('PERMISSION_DENIED', 'RULES_REPLACED', message, { params: { number: pack.number } });
  }
  return before;
}

/** Keeps a pack that is new, and tells of it. */
async function keep({ db, clock }: RuleBookOptions, signed: string, pack: RulePack): Promise<void> {
  await withTransaction(db, async (tx) => {
    if (!(await insertPack(tx, signed, pack))) return;
    await tx.emit(RULES_RECEIVED, pack.number);
    const detail = { number: pack.number, effective_from: pack.effective_from };
    const entry = { action: 'rules.changed', actor: HUB_ACTOR, outcome: 'done', detail } as const;
    await recordAudit(tx, entry, nowSeconds(clock));
  });
}
