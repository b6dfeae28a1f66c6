/**
 * Turns committed changes of data into a fresh memory and into questions whose answers no longer hold. In
 * memory only: a crash begins a new incarnation, after which everything is asked again.
 *
 * Order matters: a change is read from the database after its commit, then the data version grows, and an
 * answer takes the version before it reads. So an answer that missed a change always carries a version older
 * than the change's.
 */
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { Logger } from '../../../shared/log.ts';
import type { AskedQuestions, TouchedQuestion } from './asked-questions.ts';
import type { ChangedStays, ChangeSink } from './changes.ts';
import type { IdentifierIndex } from './identifier-index.ts';
import { findPresentAt, readIdentifiers, readLinks } from './queries.ts';

export interface ChangeFeedOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly province: string;
  readonly index: IdentifierIndex;
  readonly asked: AskedQuestions;
  /** Told of questions whose answers no longer hold, once the data version has grown. */
  readonly onTouched: (questions: readonly TouchedQuestion[]) => void;
}

/** How long to wait before a change is read again while the database is away. */
const RETRY_MS = 500;

interface Batch {
  identifiers: Set<number>;
  stays: ChangedStays[];
  encounters: { a: number[]; b: number[] }[];
}

export class ChangeFeed implements ChangeSink {
  dataVersion = 1;
  dataAt = 0;
  readonly #options: ChangeFeedOptions;
  #batch = emptyBatch();
  #working: Promise<void> | undefined;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  identifiersChanged(ids: readonly number[]): void {
    for (const id of ids) this.#batch.identifiers.add(id);
    this.#arrived();
  }

  staysChanged(stays: ChangedStays): void {
    this.#batch.stays.push(stays);
    this.#arrived();
  }

  encountersChanged(a: number[], b: number[]): void {
    this.#batch.encounters.push({ a, b });
    this.#arrived();
  }

  /** Resolves when all that was reported before the call is in memory. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Whether nothing is on its way into memory. */
  get isSettled(): boolean {
    return this.#working === undefined;
  }

  #arrived(): void {
    this.dataAt = nowSeconds(this.#options.clock);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    while (!isEmpty(this.#batch)) {
      const batch = this.#batch;
      this.#batch = emptyBatch();
      await this.#apply(batch);
    }
    this.#working = undefined;
  }

  /** Tries until it succeeds: a change that is not seen would leave traces wrong. */
  async #apply(batch: Batch): Promise<void> {
    const { clock, logger, onTouched } = this.#options;
    for (;;) {
      try {
        const touched = await this.#read(batch);
        this.dataVersion++;
        if (touched.length > 0) onTouched(touched);
        return;
      } catch (err) {
        logger.warn({ err }, 'a change of data could not be read back yet');
        await clock.sleep(RETRY_MS);
      }
    }
  }

  async #read(batch: Batch): Promise<TouchedQuestion[]> {
    const touched: TouchedQuestion[] = [];
    if (batch.identifiers.size > 0) touched.push(...(await this.#refresh([...batch.identifiers])));
    for (const stays of batch.stays) touched.push(...(await this.#touchedByStays(stays)));
    for (const { a, b } of batch.encounters) touched.push(...this.#touchedByEncounters([...a, ...b]));
    return touched;
  }

  async #refresh(ids: number[]): Promise<TouchedQuestion[]> {
    const { db, province, index, asked } = this.#options;
    const [rows, links] = [await readIdentifiers(db, province, ids), await readLinks(db, ids)];
    index.put(rows, links);
    return asked.touchedByIdentity(rows.token);
  }

  async #touchedByStays(stays: ChangedStays): Promise<TouchedQuestion[]> {
    const { db, asked } = this.#options;
    const from = stays.from.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const until = stays.until.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    if (!asked.asksAbout(from, until)) return [];
    const present = await findPresentAt(db, stays);
    return [...this.#touchedAt(present), ...this.#touchedAt({ ...stays, id: stays.identifierIds })];
  }

  #touchedAt(at: {
    id: ArrayLike<number>;
    from: ArrayLike<number>;
    until: ArrayLike<number>;
  }): TouchedQuestion[] {
    const { index, asked } = this.#options;
    const held = Array.from(at.id, (_, i) => i).filter((i) => index.has(at.id[i] as number));
    return asked.touchedByEvents(
      index.tokensOf(held.map((i) => at.id[i] as number)),
      held.map((i) => at.from[i] as number),
      held.map((i) => at.until[i] as number),
    );
  }

  #touchedByEncounters(ids: number[]): TouchedQuestion[] {
    const { index, asked } = this.#options;
    return asked.touchedByIdentity(index.tokensOf(ids.filter((id) => index.has(id))));
  }
}

function emptyBatch(): Batch {
  return { identifiers: new Set(), stays: [], encounters: [] };
}

function isEmpty({ identifiers, stays, encounters }: Batch): boolean {
  return identifiers.size === 0 && stays.length === 0 && encounters.length === 0;
}
