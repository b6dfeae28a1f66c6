/**
 * Whom this node believes: the provinces' keys as the federation CA states them. Learnt from the hub, checked
 * against the pinned CA, kept for when the hub is away. The hub may take a province away and cannot add one
 * nor change a key.
 */
import type { KeyObject } from 'node:crypto';
import type { AuditAction } from '../../../shared/audit/actions.ts';
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { type AuditEntry, recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, type Queryable, withTransaction } from '../../../shared/db/database.ts';
import { AppError, toAppError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../../shared/loop.ts';
import { loadPublicKey, type ProvinceKeys } from '../../../shared/signed/opening-keys.ts';
import {
  fingerprintOf,
  type ProvinceStatement,
  verifyProvinceStatement,
} from '../../../shared/signed/province-statement.ts';
import * as queries from './queries.ts';

/** What the hub lists: statements of the CA, and which provinces are revoked (epoch seconds, 0 = not). */
export interface ListedProvinces {
  readonly version: number;
  readonly provinces: readonly { readonly statement: string; readonly revokedAt: number }[];
}
export type ProvinceSource = () => Promise<ListedProvinces>;

export interface ProvinceBookOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  /** The pinned federation CA. */
  readonly caKey: KeyObject;
  /** This province's own statement, from its identity. */
  readonly own: ProvinceStatement;
  readonly source: ProvinceSource;
}

interface Known {
  readonly statement: ProvinceStatement;
  readonly text: string;
  readonly key: KeyObject;
  readonly revoked: boolean;
}

const PULL_EVERY_MS = 10 * 60_000;
const RETRY_MS = { first: 200, most: 5_000 };

export class ProvinceBook implements ProvinceKeys, AsyncDisposable {
  readonly #options: ProvinceBookOptions;
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<(province: string) => void>();
  /** Texts that were refused, so that each is on record once. */
  readonly #refused = new Set<string>();
  #version = -1;
  #pulling: Promise<void> | undefined;
  #loop: Loop | undefined;

  private constructor(options: ProvinceBookOptions) {
    this.#options = options;
    this.#keep(options.own, '', false);
  }

  /** The book with what the database holds. Statements that the pinned CA did not sign are left out. */
  static async open(options: ProvinceBookOptions): Promise<ProvinceBook> {
    const book = new ProvinceBook(options);
    for (const { statement, revoked } of await queries.listKnownProvinces(options.db)) {
      const read = await verifyProvinceStatement(statement, options.caKey).catch((err: unknown) => {
        options.logger.warn({ err }, 'stored statement of a province left out');
        return undefined;
      });
      if (read && read.province !== options.own.province) book.#keep(read, statement, revoked);
    }
    return book;
  }

  /** Opening key of a province; undefined for one that is unknown or revoked. */
  get(province: string): KeyObject | undefined {
    const known = this.#known.get(province);
    return known?.revoked === false ? known.key : undefined;
  }

  /** What the CA states of a province that is not revoked. */
  statementOf(province: string): ProvinceStatement | undefined {
    const known = this.#known.get(province);
    return known?.revoked === false ? known.statement : undefined;
  }

  /** Every province known, this one among them. */
  list(): { readonly statement: ProvinceStatement; readonly revoked: boolean }[] {
    return [...this.#known.values()].map(({ statement, revoked }) => ({ statement, revoked }));
  }

  /** Calls `listener` when a province is revoked; returns how to stop that. */
  onRevoked(listener: (province: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Asks the hub now, and takes over what is new. Rejects as the source does. */
  refresh(): Promise<void> {
    this.#pulling ??= this.#pull().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  /** The hub says how new its list is: it is asked for at once if ours is another. */
  hint(version: number): void {
    if (version !== this.#version) this.#loop?.wake();
  }

  /** Keeps the book up to date until it is disposed of. */
  start(): void {
    const { clock, logger, watch } = this.#options;
    const times = { everyMs: PULL_EVERY_MS, retryMs: RETRY_MS };
    const pass = () => this.refresh();
    this.#loop = startLoop({ name: 'provinces', clock, logger, watch, ...times, pass });
  }

  async #pull(): Promise<void> {
    const { version, provinces } = await this.#options.source();
    for (const listed of provinces) {
      try {
        await this.#take(listed.statement, listed.revokedAt);
      } catch (error) {
        await this.#refuse(listed.statement, toAppError(error));
      }
    }
    this.#version = version;
  }

  async #take(text: string, revokedAt: number): Promise<void> {
    const statement = await verifyProvinceStatement(text, this.#options.caKey);
    const { province } = statement;
    // Of itself a node believes its own identity.
    if (province === this.#options.own.province) return;
    const known = this.#known.get(province);
    if (known?.text !== text) await this.#accept(statement, text, known);
    // Unrevoked is a province only by a later statement, and not because the hub says so.
    if (revokedAt > 0 && this.#known.get(province)?.revoked === false)
      await this.#revoke(province, revokedAt);
  }

  async #accept(statement: ProvinceStatement, text: string, known: Known | undefined): Promise<void> {
    const { province, serial } = statement;
    if (known && statement.issued_at <= known.statement.issued_at) {
      throw new AppError('PERMISSION_DENIED', 'STATEMENT_NOT_NEWER', 'a later statement is known already');
    }
    const fingerprint = fingerprintOf(statement);
    const before = known && { fingerprint_before: fingerprintOf(known.statement) };
    await withTransaction(this.#options.db, async (tx) => {
      await queries.storeStatement(tx, { province, statement: text, statedAt: statement.issued_at });
      await this.#record(tx, 'statement.accepted', { detail: { province, serial, fingerprint, ...before } });
    });
    this.#keep(statement, text, false);
  }

  async #revoke(province: string, at: number): Promise<void> {
    await withTransaction(this.#options.db, async (tx) => {
      await queries.markRevoked(tx, province, at);
      await this.#record(tx, 'province.revoked', { detail: { province } });
    });
    const known = this.#known.get(province) as Known;
    this.#known.set(province, { ...known, revoked: true });
    this.#options.logger.warn({ province }, 'province revoked');
    for (const listener of this.#listeners) listener(province);
  }

  async #refuse(text: string, error: AppError): Promise<void> {
    if (error.code === 'UNAVAILABLE' || error.code === 'INTERNAL') throw error;
    if (this.#refused.has(text)) return;
    if (this.#refused.size < 1_000) this.#refused.add(text);
    this.#options.logger.warn({ err: error }, 'statement of a province refused');
    await this.#record(this.#options.db, 'statement.refused', { outcome: 'refused', reason: error.reason });
  }

  #record(db: Pick<Queryable, 'sql'>, action: AuditAction, rest: Rest) {
    const entry: AuditEntry = { action, actor: HUB_ACTOR, outcome: 'done', ...rest };
    return recordAudit(db, entry, nowSeconds(this.#options.clock));
  }

  #keep(statement: ProvinceStatement, text: string, revoked: boolean): void {
    const key = loadPublicKey(statement.opening);
    this.#known.set(statement.province, { statement, text, key, revoked });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop?.[Symbol.asyncDispose]();
  }
}

type Rest = Pick<Partial<AuditEntry>, 'outcome' | 'reason' | 'detail'>;
