/**
 * One batch of the tokenizer: blinded in a worker, evaluated by the hub's key service, and proven to be under
 * the pinned key by texts that are mixed into it. Stores nothing.
 */
import type { Database } from '../../../shared/db/database.ts';
import { AppError } from '../../../shared/errors.ts';
import { CHECK_INPUT, checkOf, type OprfKeyCheck } from '../../../shared/pseudonym/key-check.ts';
import { mixChecks } from '../../../shared/pseudonym/mixed-batch.ts';
import type { OprfClient } from '../../../shared/pseudonym/oprf-pool.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { openTokens } from './record-keys.ts';
import { findKnownToken, type KnownToken, type Untokenized } from './tokens-queries.ts';

/** What an evaluation is for, and until when. */
export interface EvaluateTerms {
  /** `cases`: identifiers of cases that are traced, for which the key service keeps a budget apart. */
  readonly purpose: 'all' | 'cases';
  readonly signal: AbortSignal;
  /** Of the key; 0 or none: as the key service chooses. */
  readonly generation?: number;
}

/** The hub's key service, as gRPC brings it. */
export type EvaluateBlinded = (
  blinded: Uint8Array,
  terms: EvaluateTerms,
) => Promise<{
  readonly evaluated: Uint8Array;
  readonly generation: number;
  /** Little of this province's budget is left. */
  readonly budgetLow?: boolean;
}>;

/** What says under which key tokens may be made. */
export interface PinnedKeys {
  /** Nothing is pinned yet: the key must be that of the tokens at hand. */
  readonly isOpen: boolean;
  /** Why the hub is refused, empty if it is not. */
  readonly refusal: string;
  /** Pinned generations that the hub serves, that of new traces last; empty: it has told of none. */
  readonly told: readonly number[];
  /** Throws FAILED_PRECONDITION OPRF_KEY_CHANGED unless it is the pinned key of its generation. */
  prove(key: OprfKeyCheck): Promise<void>;
  /** It does not make the tokens at hand. Throws OPRF_KEY_CHANGED. */
  reject(): never;
}

export interface EvaluationOptions {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly oprf: OprfClient;
  readonly evaluate: EvaluateBlinded;
  readonly keys: PinnedKeys;
}

/** Tokens of a batch, packed in its order. */
export interface EvaluatedBatch {
  readonly tokens: Uint8Array;
  readonly generation: number;
  readonly budgetLow: boolean;
}

/**
 * Rejects as the key service does, and FAILED_PRECONDITION OPRF_KEY_CHANGED, KEY_GENERATION_RETIRED (a hub of
 * before has one key only): then nothing may be stored.
 */
export async function evaluateBatch(
  options: EvaluationOptions,
  batch: readonly Untokenized[],
  terms: EvaluateTerms,
): Promise<EvaluatedBatch> {
  const { oprf, evaluate, keys } = options;
  const known = keys.isOpen ? await findKnown(options) : undefined;
  const values = batch.map((identifier) => identifier.value);
  const mixed = mixChecks(known ? [CHECK_INPUT, known.value] : [CHECK_INPUT], values);
  using blinding = await oprf.blind(mixed.values);
  const { evaluated, generation, budgetLow = false } = await evaluate(blinding.blinded, terms);
  const { checks, tokens } = mixed.unmix(await blinding.finalize(evaluated));
  await proveKey(keys, { generation, checks, known });
  if (terms.generation && terms.generation !== generation) {
    const message = `key service: evaluates under generation ${generation}`;
    throw new AppError('FAILED_PRECONDITION', 'KEY_GENERATION_RETIRED', message, {
      params: { generation: terms.generation },
    });
  }
  return { tokens, generation, budgetLow };
}

/**
 * Asks for nothing but what shows the key, where that has to be known before anything else is asked: of a hub
 * that is refused, or whose key is to be pinned. Rejects as `evaluateBatch`.
 */
export async function probeKey(options: EvaluationOptions, signal: AbortSignal): Promise<void> {
  const { keys } = options;
  const isDue = keys.refusal !== '' || (keys.isOpen && (await findKnown(options)) !== undefined);
  if (!isDue) return;
  // Each that is served: doubt about one of them ends with that one.
  const generations = keys.refusal !== '' && keys.told.length > 0 ? keys.told : [0];
  for (const generation of generations)
    await evaluateBatch(options, [], { purpose: 'all', signal, generation });
}

async function findKnown({ db, dataKeys }: EvaluationOptions): Promise<KnownToken | undefined> {
  const tokens = await openTokens({ db, dataKeys });
  return findKnownToken({ sql: db.sql, sealer: dataKeys.sealer, tokens });
}

/** What came back of the texts that were mixed into a batch. */
interface Proof {
  readonly generation: number;
  /** Tokens: of CHECK_INPUT, and of `known`, if there is one. */
  readonly checks: readonly Uint8Array[];
  readonly known: KnownToken | undefined;
}

/** Nothing is stored that was made under another key than the pinned one. */
async function proveKey(keys: PinnedKeys, { generation, checks, known }: Proof): Promise<void> {
  const [check, again] = checks as [Uint8Array, Uint8Array?];
  const isOther = known?.generation === generation && again && Buffer.compare(again, known.token) !== 0;
  if (isOther) keys.reject();
  await keys.prove({ generation, check: checkOf(check) });
}
