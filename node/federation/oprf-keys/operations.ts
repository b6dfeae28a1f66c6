/**
 * Under which key the hub's key service may evaluate: the check value of each generation is pinned, as the
 * federation CA states it, or, where there is no statement, as this node's own tokens have it. A hub with
 * another key is refused: no token of it is stored, and no question of it is answered.
 */
import type { KeyObject } from 'node:crypto';
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, withTransaction } from '../../../shared/db/database.ts';
import { AppError, toAppError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import type { OprfKeyCheck } from '../../../shared/pseudonym/key-check.ts';
import { verifyOprfStatement } from '../../../shared/signed/oprf-statement.ts';
import * as queries from './queries.ts';

export interface OprfKeysOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error' | 'info' | 'warn'>;
  readonly caKey: KeyObject;
}

/** A generation as the hub tells of it; without a statement where the CA has signed none. */
export interface ToldKey extends OprfKeyCheck {
  readonly statement: string;
}

/** No generation in particular. */
const ANY = 0;

export class OprfKeys {
  readonly #options: OprfKeysOptions;
  readonly #pins = new Map<number, string>();
  /** Statements that were looked at: each once. */
  readonly #seen = new Set<string>();
  #told: readonly number[] = [];
  /** What the hub says of its keys is not what is pinned. */
  #isToldOther = false;
  /** Generations under which it evaluates with another key than is pinned; 0: with another than before. */
  readonly #provenOther = new Set<number>();

  private constructor(options: OprfKeysOptions) {
    this.#options = options;
  }

  /** What is pinned, with what enrolment brought. Throws STATEMENT_BAD_SIGNATURE, STATEMENT_MALFORMED. */
  static async open(options: OprfKeysOptions, statements: readonly string[]): Promise<OprfKeys> {
    const keys = new OprfKeys(options);
    for (const { generation, check } of await queries.listPins(options.db)) keys.#pins.set(generation, check);
    for (const statement of statements) await keys.#pinStated(statement);
    return keys;
  }

  /** Whether no generation is pinned yet: the next evaluation shows which key it is. */
  get isOpen(): boolean {
    return this.#pins.size === 0;
  }

  /** Why the hub is refused, empty if it is not. */
  get refusal(): string {
    return this.#isToldOther || this.#provenOther.size > 0 ? 'OPRF_KEY_CHANGED' : '';
  }

  /** Pinned generations that the hub serves, that of new traces last; empty: it has told of none. */
  get told(): readonly number[] {
    return this.#told;
  }

  /** Throws FAILED_PRECONDITION OPRF_KEY_CHANGED while the hub has another key than the pinned one. */
  demand(): void {
    if (this.refusal !== '') throw changed();
  }

  /** What an operator should look at. */
  warnings(): string[] {
    return this.refusal === ''
      ? []
      : [`hub: ${this.refusal}: its key service has another key; it is refused`];
  }

  /**
   * What the hub says of its keys, at every report; whether it serves others than before. What the CA has
   * stated of new generations is pinned.
   */
  async heard(told: readonly ToldKey[]): Promise<boolean> {
    for (const { statement } of told) {
      if (statement === '' || this.#seen.has(statement)) continue;
      await this.#pinStated(statement).catch((error: unknown) => {
        this.#options.logger.warn({ err: toAppError(error) }, 'a statement of an OPRF key is no good');
      });
    }
    const before = this.refusal;
    this.#isToldOther = told.some(({ generation, check }) => this.#differs({ generation, check }));
    const generations = told.map(({ generation }) => generation);
    // What is not served any more cannot be proven again.
    for (const one of told.length > 0 ? this.#provenOther : [])
      if (one !== ANY && !generations.includes(one)) this.#provenOther.delete(one);
    const toldBefore = this.#told.join();
    this.#told = generations.filter((generation) => this.#pins.has(generation));
    this.#sayFrom(before);
    return this.#told.join() !== toldBefore;
  }

  /**
   * A batch was evaluated under this key, as the check that was mixed into it shows: nothing of it may be
   * stored unless this resolves. Throws FAILED_PRECONDITION OPRF_KEY_CHANGED.
   */
  async prove(key: OprfKeyCheck): Promise<void> {
    if (this.isOpen) await this.#pin(key, null);
    const before = this.refusal;
    const isOther = this.#pins.get(key.generation) !== key.check;
    if (isOther) this.#provenOther.add(key.generation);
    else for (const one of this.#provenOther) if (this.#isOver(one, key)) this.#provenOther.delete(one);
    this.#sayFrom(before);
    if (isOther) throw changed();
  }

  /** The tokens that this node holds do not come out again: it is another key than before. */
  reject(): never {
    const before = this.refusal;
    this.#provenOther.add(ANY);
    this.#sayFrom(before);
    throw changed();
  }

  /** Whether a key that is the pinned one ends the doubt: about itself, and about what never was pinned. */
  #isOver(doubted: number, { generation }: OprfKeyCheck): boolean {
    return doubted === generation || !this.#pins.has(doubted);
  }

  #differs({ generation, check }: OprfKeyCheck): boolean {
    const pinned = this.#pins.get(generation);
    return pinned !== undefined && pinned !== check;
  }

  async #pinStated(statement: string): Promise<void> {
    const { generation, check } = await verifyOprfStatement(statement, this.#options.caKey);
    this.#seen.add(statement);
    if (!this.#differs({ generation, check })) return this.#pin({ generation, check }, statement);
    this.#options.logger.error({ generation }, 'the CA states another OPRF key than this node has pinned');
  }

  /** The first of a generation stays, whoever pins it. */
  async #pin({ generation, check }: OprfKeyCheck, statement: string | null): Promise<void> {
    if (this.#pins.has(generation)) return;
    const { db, clock, logger } = this.#options;
    const isNew = await withTransaction(db, async (tx) => {
      if (!(await queries.insertPin(tx, { generation, check }, statement))) return false;
      const detail = { generation, check, stated: statement !== null };
      const entry = { action: 'oprf_key.pinned', actor: HUB_ACTOR, outcome: 'done', detail } as const;
      await recordAudit(tx, entry, nowSeconds(clock));
      return true;
    });
    const pinned = isNew ? [{ generation, check }] : await queries.listPins(db);
    for (const one of pinned) this.#pins.set(one.generation, one.check);
    if (isNew) logger.info({ generation }, 'OPRF key pinned');
  }

  /** Says once that the hub is refused, and once that it is not any more. */
  #sayFrom(before: string): void {
    if (this.refusal === before) return;
    const { logger } = this.#options;
    if (before === '') logger.error({}, 'the hub has another OPRF key than the pinned one: it is refused');
    else logger.info({}, 'the hub has the pinned OPRF key again');
  }
}

function changed(): AppError {
  const message = 'the key service has another key than the pinned one';
  return new AppError('FAILED_PRECONDITION', 'OPRF_KEY_CHANGED', message);
}
