/**
 * The rotation under way, in a running hub: what provinces say of their tokens, when new openings use the new
 * key, and when nothing needs the former one. The database holds where it stands; what provinces have said is
 * asked for again after a restart.
 */
import { HUB_PROGRAM } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../shared/loop.ts';
import type { Roster } from '../provinces/roster.ts';
import type { KeyRing, RingKey } from './key-ring.ts';
import * as queries from './rotation-queries.ts';
import {
  type AnsweringProvince,
  type Generations,
  isPatient,
  type KeyRotation,
  mayBegin,
  oldestOf,
  servedOf,
  waitsFor,
} from './rotation-rules.ts';

export interface KeyGenerationsOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  readonly ring: KeyRing;
  readonly roster: Pick<Roster, 'members'>;
}

const LOOK_EVERY_MS = 2_000;
const STORED_WITHIN_SECONDS = 60;

export class KeyGenerations implements AsyncDisposable {
  readonly #options: KeyGenerationsOptions;
  readonly #said = new Map<string, readonly number[]>();
  readonly #loop: Loop;
  #advanced: Promise<void> = Promise.resolve();
  #rotation: KeyRotation | undefined;

  private constructor(options: KeyGenerationsOptions, rotation: KeyRotation | undefined) {
    this.#options = options;
    this.#rotation = rotation;
    const { clock, logger, watch } = options;
    const pass = () => this.advance();
    this.#loop = startLoop({ name: 'key-rotation', clock, logger, watch, everyMs: LOOK_EVERY_MS, pass });
  }

  /** As the database has it; at work already. */
  static async open(options: KeyGenerationsOptions): Promise<KeyGenerations> {
    return new KeyGenerations(options, await queries.findRotation(options.db));
  }

  /** The newest rotation; undefined if there has been none. */
  get rotation(): KeyRotation | undefined {
    return this.#rotation;
  }

  /** Generations of the file, in its order. */
  get held(): number[] {
    return this.#options.ring.keys.map(({ generation }) => generation);
  }

  /** The keys that are served, the one that new openings use last. */
  get served(): RingKey[] {
    return servedOf(this.#generations).flatMap((generation) => this.#keyOf(generation) ?? []);
  }

  /** The same, as nodes are told of them. */
  get told(): { generation: number; check: string; statement: string }[] {
    return this.served.map(({ generation, check, statement }) => ({ generation, check, statement }));
  }

  /** The enrolled provinces, and the generations in which each answers. */
  get provinces(): AnsweringProvince[] {
    const enrolled = this.#options.roster.members.filter(({ revokedAtMs }) => revokedAtMs === null);
    const codes = enrolled.map(({ statement }) => statement.province).sort();
    return codes.map((province) => ({ province, generations: this.#said.get(province) }));
  }

  /** Provinces that the switch waits for; none unless one is to come. */
  get awaited(): string[] {
    const rotation = this.#rotation;
    return rotation?.usedFrom === null ? waitsFor(rotation, this.provinces) : [];
  }

  /**
   * The key of a generation that is served; 0: of the oldest. Throws FAILED_PRECONDITION
   * KEY_GENERATION_RETIRED.
   */
  of(generation: number): RingKey {
    const wanted = generation === 0 ? oldestOf(this.#generations) : generation;
    const key = servedOf(this.#generations).includes(wanted) ? this.#keyOf(wanted) : undefined;
    if (key) return key;
    throw notServed(wanted);
  }

  /** Whether a trace may begin under a generation. Throws FAILED_PRECONDITION KEY_GENERATION_RETIRED. */
  demandToBegin(generation: number): void {
    if (!mayBegin(this.#generations, generation, nowSeconds(this.#options.clock)))
      throw notServed(generation);
  }

  /** A province has said in which generations it answers; an older node says none. */
  heard(province: string, generations: readonly number[]): void {
    const isNews = this.#said.get(province)?.join() !== generations.join();
    this.#said.set(province, [...generations]);
    if (isNews) this.#loop.wake();
  }

  /** What an operator should look at. */
  warnings(): string[] {
    const missing = servedOf(this.#generations).filter((generation) => !this.#keyOf(generation));
    const awaited = this.awaited.join(', ');
    return [
      ...this.#options.ring.warnings(),
      ...missing.map((generation) => `key service: OPRF_KEY_MISSING: no key of generation ${generation}`),
      ...(awaited === '' ? [] : [`key service: OPRF_KEY_WAITS: for the tokens of ${awaited}`]),
    ];
  }

  /** Does what the rotation is ready for: the switch, or the end of the former key. Each once, on record. */
  advance(): Promise<void> {
    // One after the other: what an earlier look has found must not take the place of what a later one has.
    const pass = this.#advanced.then(() => this.#advance());
    this.#advanced = pass.catch(() => undefined);
    return pass;
  }

  async #advance(): Promise<void> {
    const { db, clock } = this.#options;
    const now = nowSeconds(clock);
    const seen = await queries.findRotation(db);
    this.#rotation = seen;
    if (!seen || seen.retiredAt !== null || !(await this.#isReady(seen, now))) return;
    this.#rotation = await withTransaction(db, async (tx) => {
      const rotation = await queries.lockRotation(tx);
      // Whatever has changed meanwhile is looked at in the next pass: what was ready is another step.
      if (JSON.stringify(rotation) !== JSON.stringify(seen)) return rotation;
      const { generation, former, leftBehind } = seen;
      const isSwitch = seen.usedFrom === null;
      await (isSwitch ? queries.markUsed : queries.markRetired)(tx, generation, now);
      const action = isSwitch ? 'oprf_key.used' : 'oprf_key.retired';
      const detail = isSwitch ? { generation, left_behind: [...leftBehind] } : { generation: former };
      await recordAudit(tx, { action, actor: HUB_PROGRAM, outcome: 'done', detail }, now);
      return queries.findRotation(tx);
    });
    const generation = servedOf(this.#generations).at(-1);
    this.#options.logger.info({ generation }, 'key service: the rotation has gone on');
  }

  async #isReady(rotation: KeyRotation, now: number): Promise<boolean> {
    if (rotation.usedFrom === null) return this.awaited.length === 0;
    // Those that were let in at the last moment are stored by then.
    if (isPatient(rotation, now - STORED_WITHIN_SECONDS)) return false;
    return (await queries.countOpenUnderOthers(this.#options.db, rotation.generation)) === 0;
  }

  get #generations(): Generations {
    return { first: this.#options.ring.keys[0].generation, rotation: this.#rotation };
  }

  #keyOf(generation: number): RingKey | undefined {
    return this.#options.ring.keys.find((key) => key.generation === generation);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}

function notServed(generation: number): AppError {
  const message = `key service: generation ${generation} of its key is not served`;
  return new AppError('FAILED_PRECONDITION', 'KEY_GENERATION_RETIRED', message, { params: { generation } });
}
