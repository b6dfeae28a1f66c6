/**
 * The bulk imports: a stream of bytes in, a report out. Rows go to the database in batches while the next
 * ones are read; memory does not grow with the file. Bad rows are reported by line, the good ones are kept.
 */
import type { Caller } from '../../../shared/acts/access.ts';
import type { Step } from '../../../shared/acts/act.ts';
import { wayOf } from '../../../shared/acts/way.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { vietnamDate } from '../../../shared/domain/instant.ts';
import { AppError, type FieldError, listed, receivedError, toAppError } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import type { RuleBook } from '../../federation/packs/operations.ts';
import type { IdentifierQuota } from '../people/operations.ts';
import { changeInSteps } from './acts.ts';
import { boundsAt } from './bounds.ts';
import { readCsv } from './csv.ts';
import { dryRunOf } from './dry-run.ts';
import { readLines } from './lines.ts';
import { readNdjson } from './ndjson.ts';
import * as queries from './queries.ts';
import type { RawRow } from './raw-rows.ts';
import {
  type ImportKind,
  ROW_KINDS,
  type RowFacts,
  type RowKind,
  type RowReading,
  type Rows,
  readRow,
} from './rows.ts';
import { type ImportRunCtx, type IntakeCtx, STORES, type Store } from './store.ts';

export interface ImportCtx extends IntakeCtx {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Whose node it is, two digits. */
  readonly province: string;
  readonly rules: Pick<RuleBook, 'inForceAt'>;
  readonly quota: IdentifierQuota;
}

export type ImportFormat = 'csv' | 'ndjson';

export interface ImportSource {
  readonly format: ImportFormat;
  /** In chunks of any size; read no faster than rows are stored. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ImportReport {
  accepted: number;
  rejected: number;
  /** Why rows were refused: the first MOST_ERRORS, by line. */
  errors: LineError[];
  /** What rows were taken in without: as many, by line. */
  warnings: LineError[];
}

export type LineError = { line: number } & FieldError;

export interface ImportRequest<K extends ImportKind = ImportKind> {
  readonly kind: K;
  readonly source: ImportSource;
  /** Tells what would become of the rows and stores nothing, not even an entry of the log. */
  readonly dryRun?: boolean | undefined;
  /** After each batch: what is stored so far. */
  readonly onProgress?: ((soFar: Readonly<Pick<ImportReport, 'accepted' | 'rejected'>>) => void) | undefined;
}

/** Those of some identifiers under which nobody checked in or met anybody. */
export const findUnseen = queries.findUnseen;

/**
 * Rows in one transaction: enough to be fast while nobody else has anything to change here, else so few that
 * whoever comes in the middle hardly notices.
 */
const BATCH_ROWS = { alone: 2_000, beside: 40 };
export const MOST_ERRORS = 1_000;

/**
 * Imports all rows of `source`, each batch with its record; bad rows are in the report. Throws, with the
 * batches before kept, LINE_TOO_LONG, QUOTE_NOT_CLOSED, IDENTIFIER_QUOTA (all say how many rows were kept),
 * UPLOAD_CUT_OFF if the bytes end in an error, and what the database throws; with nothing changed,
 * HEADER_MISSING, HEADER_INVALID, ENCODING. Importing again changes nothing.
 */
export function importRows<K extends ImportKind>(
  ctx: ImportCtx,
  caller: Caller,
  request: ImportRequest<K>,
): Promise<ImportReport> {
  // One import bears one id, however many batches it has.
  const asked = { on: [{ import: newId() }], detail: { kind: request.kind } };
  return changeInSteps(ctx, caller, `imports.${request.kind}`, asked, (step) =>
    storeRows({ ...ctx, step, caller }, request),
  );
}

async function storeRows<K extends ImportKind>(
  ctx: ImportCtx & { readonly step: Step; readonly caller: Caller },
  { kind, source, dryRun = false, onProgress }: ImportRequest<K>,
): Promise<ImportReport> {
  const rowKind = ROW_KINDS[kind] as unknown as RowKind<Rows[K]>;
  const store = (dryRun ? dryRunOf(kind) : STORES[kind]) as unknown as Store<Rows[K]>;
  const now = nowSeconds(ctx.clock);
  const bounds = boundsAt(now, ctx.rules.inForceAt(now));
  const run = new ImportRun<Rows[K]>(rowKind, { today: vietnamDate(now), province: ctx.province, bounds });
  const created = ctx.quota.countOf(ctx.caller, 'imports');
  const save = (batch: Batch<Rows[K]>) => storeBatch({ ...ctx, created }, store, batch);
  const way = wayOf(ctx.db);
  const lines = readLines(unbroken(source.bytes));
  const columns = rowKind.columns;
  const rows = source.format === 'csv' ? readCsv(lines, columns) : readNdjson(lines, columns);
  let storing: Promise<void> = Promise.resolve();
  const storeNext = async (batch: Batch<Rows[K]>) => {
    await storing;
    storing = save(batch).then((problems) => {
      run.close(batch, problems);
      onProgress?.(run.report);
    });
    // Awaited above or below; until then it must not count as unhandled.
    storing.catch(() => undefined);
  };
  try {
    for await (const group of rows) {
      for (const raw of group) {
        const full = way.isShared ? BATCH_ROWS.beside : BATCH_ROWS.alone;
        if (run.take(raw) >= full) await storeNext(run.cut());
      }
    }
    await storeNext(run.cut());
    await storing;
    const { accepted, rejected } = run.report;
    // A file of a few rows is how other people's apps write one thing.
    if (accepted + rejected <= BATCH_ROWS.beside) way.note();
    return run.report;
  } catch (error) {
    const known = toAppError(error);
    // Rows before the fatal line are stored all the same, unless storing is what failed.
    const unreadable = known.code === 'INVALID_ARGUMENT';
    if (unreadable) await storeNext(run.cut());
    await storing.catch((failure: unknown) => {
      if (failure !== error) throw failure;
    });
    if (!unreadable && known.reason !== 'IDENTIFIER_QUOTA') throw error;
    throw withReport(known, dryRun ? NOTHING : run.report);
  }
}

interface Batch<Row> {
  readonly rows: Row[];
  /** Line of each row. */
  readonly lines: number[];
  /** Rows that were refused before they reached the database. */
  readonly problems: LineError[];
  /** How many of those there are; only the first MOST_ERRORS are kept. */
  refused: number;
  /** The first MOST_ERRORS. */
  readonly warnings: LineError[];
}

/** Collects rows into batches and outcomes into a report. */
class ImportRun<Row> {
  readonly report: ImportReport = newReport();
  readonly #kind: RowKind<Row>;
  readonly #facts: RowFacts;
  #batch: Batch<Row> = newBatch();

  constructor(kind: RowKind<Row>, facts: RowFacts) {
    this.#kind = kind;
    this.#facts = facts;
  }

  /** Reads a row into the current batch; how many that has now. */
  take(raw: RawRow): number {
    const batch = this.#batch;
    const { problem, row, warnings }: RowReading<Row> =
      raw.cells === undefined ? { problem: raw.problem } : readRow(this.#kind, raw.cells, this.#facts);
    if (problem === undefined) {
      batch.rows.push(row);
      batch.lines.push(raw.line);
      this.#warn(raw.line, raw.warnings);
      this.#warn(raw.line, warnings);
    } else {
      batch.refused++;
      if (batch.problems.length < MOST_ERRORS) batch.problems.push({ line: raw.line, ...problem });
    }
    return batch.rows.length + batch.refused;
  }

  #warn(line: number, warnings: readonly FieldError[] = []): void {
    const room = MOST_ERRORS - this.#batch.warnings.length;
    for (const warning of warnings.slice(0, room)) this.#batch.warnings.push({ line, ...warning });
  }

  /** The current batch; the next row begins another. */
  cut(): Batch<Row> {
    const batch = this.#batch;
    this.#batch = newBatch();
    return batch;
  }

  /** Adds what became of a batch, in the order of the file. */
  close(batch: Batch<Row>, problems: readonly LineError[]): void {
    const { report } = this;
    report.accepted += batch.rows.length - problems.length;
    report.rejected += batch.refused + problems.length;
    report.warnings.push(...batch.warnings.slice(0, MOST_ERRORS - report.warnings.length));
    const room = MOST_ERRORS - report.errors.length;
    if (room === 0) return;
    const inOrder = [...batch.problems, ...problems].sort((a, b) => a.line - b.line);
    report.errors.push(...inOrder.slice(0, room));
  }
}

function newBatch<Row>(): Batch<Row> {
  return { rows: [], lines: [], problems: [], refused: 0, warnings: [] };
}

function newReport(): ImportReport {
  return { accepted: 0, rejected: 0, errors: [], warnings: [] };
}

/** Stores a batch; the rows that only the database could refuse. */
async function storeBatch<Row>(
  ctx: ImportRunCtx,
  store: Store<Row>,
  batch: Batch<Row>,
): Promise<LineError[]> {
  if (batch.rows.length === 0) return [];
  const refused = await store(ctx, batch.rows);
  return [...refused].map(([position, problem]) => ({ line: batch.lines[position] as number, ...problem }));
}

/** An error of the stream itself (a caller that went away, broken compression) as UPLOAD_CUT_OFF. */
async function* unbroken(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const message = 'the upload ended before its end; whole batches before that were kept';
    throw new AppError('CANCELLED', 'UPLOAD_CUT_OFF', message, { cause });
  }
}

const NOTHING: Readonly<ImportReport> = newReport();

function withReport(error: AppError, { accepted, rejected }: ImportReport): AppError {
  const kept: FieldError =
    accepted + rejected === 0
      ? { field: 'body', reason: 'NOTHING_KEPT' }
      : { field: 'body', reason: 'ROWS_KEPT', params: { accepted, rejected } };
  return receivedError(error.code, error.reason, `${error.message}; ${listed([kept])}`, {
    ...{ params: error.params, details: [...error.details, kept], cause: error },
    retryAfterSeconds: error.retryAfterSeconds,
  });
}
