/**
 * Which openings this node has accepted, and under which it lets itself be asked or told anything. Both
 * signatures, the rules and the trace's earlier revisions are checked here; nothing else is read before.
 */
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { RefusalLog, RefusedAttempt } from '../../../shared/audit/refusals.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, withTransaction } from '../../../shared/db/database.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import {
  type Opening,
  openingSha256,
  readAdmittedOpening,
  type WarrantPair,
} from '../../../shared/signed/opening.ts';
import type { VerifiedWarrants } from '../../../shared/signed/opening-cache.ts';
import {
  type AskableOpening,
  admitOpening,
  checkTerms,
  joinOpenings,
} from '../../../shared/signed/opening-rules.ts';
import { federationKeyOf, type Warrant } from '../../../shared/signed/opening-shape.ts';
import type { OprfKeys } from '../../federation/oprf-keys/operations.ts';
import type { TokenCipher } from './ciphers.ts';
import type { IdentifierIndex } from './identifier-index.ts';
import type { IdentifierIndexes } from './identifier-indexes.ts';
import * as queries from './queries.ts';

export interface AdmissionCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly warrants: VerifiedWarrants;
  readonly refusals: RefusalLog;
  /** The pack of a number, pulled from the hub if it is new. Throws FAILED_PRECONDITION RULES_UNKNOWN. */
  rulePack(number: number): Promise<RulePack>;
  /** Number of the pack in force at an instant, epoch seconds. */
  rulesInForceAt(at: number): number | undefined;
  readonly indexes: Pick<IdentifierIndexes, 'find'>;
  /** Whether the hub has the pinned OPRF key. */
  readonly oprfKeys: Pick<OprfKeys, 'demand'>;
  /**
   * The cipher of a trace under a generation of the federation key. Throws FAILED_PRECONDITION
   * FEDERATION_KEY_MISSING, FEDERATION_KEY_UNKNOWN.
   */
  cipherOf(traceId: string, federationKey: number): TokenCipher;
}

/**
 * A trace that this node answers under verified signatures; lasts as long as the stream that presented them.
 */
export interface AdmittedTrace {
  readonly opening: Opening;
  readonly warrant: Warrant;
  /** What all admitted revisions together may ask. */
  readonly askable: AskableOpening;
}

/**
 * Accepts the warrant of a trace, a new one or one known; on the record, as is its refusal. `streamOf` is the
 * trace that the stream asks for already: throws INVALID_ARGUMENT WARRANT_MISMATCH for another one, and what
 * `verifyWarrant`, `admitOpening` and `checkTerms` throw; FAILED_PRECONDITION FEDERATION_KEY_MISSING,
 * FEDERATION_KEY_UNKNOWN, KEY_GENERATION_MISMATCH, OPRF_KEY_CHANGED.
 */
export function admitWarrant(
  ctx: AdmissionCtx,
  pair: WarrantPair,
  streamOf?: string,
): Promise<AdmittedTrace> {
  return ctx.refusals.recording(admitVerified(ctx, pair, streamOf), () => refusedWarrant(pair));
}

async function admitVerified(
  ctx: AdmissionCtx,
  pair: WarrantPair,
  streamOf: string | undefined,
): Promise<AdmittedTrace> {
  const { opening, warrant } = await ctx.warrants.verify(pair, nowSeconds(ctx.clock));
  if (streamOf !== undefined && streamOf !== opening.trace_id)
    throw invalidField('warrant', 'SECOND_TRACE', undefined, 'WARRANT_MISMATCH');
  checkKeys(ctx, opening);
  let revisions = await queries.listAdmittedOpenings(ctx.db, opening.trace_id);
  if (!revisions.some((r) => r.opening === pair.opening)) revisions = await admitNew(ctx, opening, pair);
  const earlier = revisions.filter((r) => r.opening !== pair.opening);
  const openings = earlier.map((r) => readAdmittedOpening(r.opening));
  return { opening, warrant, askable: openings.reduce<AskableOpening>(joinOpenings, opening) };
}

/**
 * A node that lacks the key of a trace, or whose tokens are of another OPRF key, would know nobody in it: a
 * refusal shows in coverage, an empty answer would look like the truth.
 */
function checkKeys(ctx: AdmissionCtx, opening: Opening): void {
  ctx.oprfKeys.demand();
  ctx.cipherOf(opening.trace_id, federationKeyOf(opening));
  indexOf(ctx, opening);
}

/** The identifiers by the tokens of a trace. Throws FAILED_PRECONDITION KEY_GENERATION_MISMATCH. */
export function indexOf(
  { indexes }: Pick<AdmissionCtx, 'indexes'>,
  { generation }: Pick<Opening, 'generation'>,
): IdentifierIndex {
  const index = indexes.find(generation);
  if (index) return index;
  const message = `tokens: not all of generation ${generation} of the key service's key`;
  const params = { generation };
  throw new AppError('FAILED_PRECONDITION', 'KEY_GENERATION_MISMATCH', message, { params });
}

/**
 * The opening under which contacts are delivered. It is checked and not accepted: the hub presents every
 * revision, in order, before it asks; one that came with a delivery ahead of them would make those before it
 * look replayed. Throws as `admitWarrant`.
 */
export async function verifyDeliveryWarrant(ctx: AdmissionCtx, pair: WarrantPair): Promise<Opening> {
  const { opening } = await ctx.warrants.verify(pair, nowSeconds(ctx.clock));
  checkKeys(ctx, opening);
  const revisions = await queries.listAdmittedOpenings(ctx.db, opening.trace_id);
  if (!revisions.some((r) => r.opening === pair.opening)) await check(ctx, { revisions, opening, pair });
  return opening;
}

/** One at a time for each trace: of two first openings that come together one is the second. */
async function admitNew(ctx: AdmissionCtx, opening: Opening, pair: WarrantPair) {
  const { revision, province, trace_id: trace, expires_at: expiresAt } = opening;
  // May ask the hub for rules, so it is not done under the lock.
  await ctx.rulePack(opening.rules);
  return withTransaction(ctx.db, async (tx) => {
    await queries.lockAdmission(tx, trace);
    const revisions = await queries.listAdmittedOpenings(tx, trace);
    if (revisions.some((r) => r.opening === pair.opening)) return revisions;
    await check(ctx, { revisions, opening, pair });
    const row = {
      revision,
      province,
      opening: pair.opening,
      expiresAt,
      federationKey: federationKeyOf(opening),
      asksFrom: Math.min(...opening.index.map(({ from }) => from)),
      asksUntil: opening.as_of,
    };
    await queries.insertAdmittedOpening(tx, trace, row);
    const detail = { revision, province, opening_sha256: openingSha256(pair.opening) };
    const entry = { action: 'warrant.admitted', actor: HUB_ACTOR, outcome: 'done', detail } as const;
    await recordAudit(tx, { ...entry, on: [{ trace }] }, nowSeconds(ctx.clock));
    return [...revisions, row];
  });
}

interface Incoming {
  readonly revisions: readonly queries.AdmittedOpening[];
  readonly opening: Opening;
  readonly pair: WarrantPair;
}

async function check(ctx: AdmissionCtx, { revisions, opening, pair }: Incoming): Promise<void> {
  const last = revisions.at(-1);
  const known = last && { ...last, says: readAdmittedOpening(last.opening) };
  admitOpening(known, { opening, jws: pair.opening });
  const rules = await ctx.rulePack(opening.rules);
  checkTerms(opening, { rules, inForceAt: ctx.rulesInForceAt, now: nowSeconds(ctx.clock) });
}

/** What a refused pair says of itself, as far as it is an id or a number: nobody has vouched for it. */
function refusedWarrant({ opening }: WarrantPair): RefusedAttempt {
  const action = 'warrant.refused';
  try {
    const { trace_id: trace, revision, province } = readAdmittedOpening(opening);
    return { action, actor: HUB_ACTOR, on: [{ trace }], detail: { revision, province } };
  } catch {
    return { action, actor: HUB_ACTOR };
  }
}
