/**
 * What people do with a follow-up: each a command of its machine, on the record, with a line in its history;
 * what it changes is planned anew in the same transaction.
 */
import { type Caller, isWithin } from '../../../shared/acts/access.ts';
import type { Leave } from '../../../shared/acts/act.ts';
import { requireVersion } from '../../../shared/acts/versions.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/database.ts';
import { vietnamDate } from '../../../shared/domain/instant.ts';
import { step } from '../../../shared/domain/machine.ts';
import { expectValue } from '../../../shared/domain/reading.ts';
import { invalidField } from '../../../shared/errors.ts';
import { isWardOf, readWard } from '../../../shared/gazetteer.ts';
import { newId } from '../../../shared/ids.ts';
import { holdSealer } from '../../sealing/operations.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import { change, FOLLOW_UP_ACTS } from './acts.ts';
import { lockFollowUps } from './filing-queries.ts';
import {
  CLOSED_FROM,
  FOLLOW_UP,
  type FollowUpCommand,
  LATE_SECONDS,
  OUTCOMES,
  PLACES,
  type QuarantinePlace,
  STATE_NUMBERS,
  stateWord,
  TASK_NUMBERS,
  type TaskKind,
} from './machines.ts';
import { showWhole, type WholeFollowUp } from './operations.ts';
import { type CallOutcome, outcomeNumber, type Symptom, symptomBits } from './outcomes.ts';
import * as queries from './queries.ts';
import { addDays, REASONS } from './rules.ts';
import { endedAs, type FollowUpRow, kindNumber, loggedOf, type Work as SettledWork } from './settling.ts';
import { type FollowUpsCtx, factsOf, isSymptomatic, noSuchFollowUp, readHanging } from './standing.ts';
import { readWorks, writeSettled } from './works.ts';

/** What may be said with a command. */
export interface CommandInput {
  readonly reason?: string | undefined;
  readonly place?: QuarantinePlace | undefined;
  readonly siteName?: string | undefined;
  /** Epoch seconds. */
  readonly at?: number | undefined;
  readonly onDate?: string | undefined;
  readonly symptoms?: readonly Symptom[] | undefined;
  /** Degrees Celsius. */
  readonly temp?: number | undefined;
  readonly ward?: string | undefined;
}

export interface CommandRequest {
  readonly id: string;
  readonly command: FollowUpCommand;
  readonly input: CommandInput;
}

/**
 * Does a command; the answer is the follow-up as it is then. Throws NO_SUCH_FOLLOW_UP, VERSION_CHANGED,
 * WRONG_STATE, what the machine's guards say, INVALID_FIELD.
 */
export function commandFollowUp(
  ctx: FollowUpsCtx,
  caller: Caller,
  { id, command, input }: CommandRequest,
): Promise<WholeFollowUp> {
  const asked = { on: [{ follow_up: id }] };
  return change(ctx, caller, `follow_ups.${command}`, asked, async (tx, leave) => {
    const work = await Work.open(tx, ctx, { caller, leave, id });
    await requireVersion(tx, caller, { version: work.row.version, on: { follow_up: id } });
    await work.do(command, input);
    const row = await work.write(input.reason);
    leave.note({ version: row.version, state: stateWord(row.state) });
    leave.keep({ id });
    return showWhole(ctx, { caller, leave, db: tx }, row);
  });
}

interface Opening {
  readonly caller: Caller;
  readonly leave: Leave;
  readonly id: string;
}

/** One follow-up in somebody's hands, locked. */
export class Work {
  readonly #tx: Transaction;
  readonly #ctx: FollowUpsCtx;
  readonly #by: Opening;
  readonly #sealer: ColumnSealer;
  readonly #original: FollowUpRow;
  readonly #commands: string[] = [];
  row: FollowUpRow;

  private constructor(
    tx: Transaction,
    ctx: FollowUpsCtx,
    by: Opening,
    found: { row: FollowUpRow; sealer: ColumnSealer },
  ) {
    this.#tx = tx;
    this.#ctx = ctx;
    this.#by = by;
    this.#sealer = found.sealer;
    this.#original = found.row;
    this.row = found.row;
  }

  /** Throws NO_SUCH_FOLLOW_UP, unless `anywhere`: the caller may have had it before it moved. */
  static async open(tx: Transaction, ctx: FollowUpsCtx, by: Opening, anywhere = false): Promise<Work> {
    const found = await queries.findFollowUp(tx, by.id);
    const [row] = found ? await lockFollowUps(tx, [found.id]) : [];
    if (!row || !(anywhere || isWithin(by.leave.scope, row.ward))) throw noSuchFollowUp();
    const { sealer } = await holdSealer(tx, ctx.dataKeys);
    return new Work(tx, ctx, by, { row, sealer });
  }

  get sealer(): ColumnSealer {
    return this.#sealer;
  }

  get now(): number {
    return nowSeconds(this.#ctx.clock);
  }

  /** Does a command of the machine; what it refuses is thrown. */
  async do(command: FollowUpCommand, input: CommandInput = {}): Promise<void> {
    const hanging = await readHanging(this.#tx, this.row);
    const supervisor = this.#by.leave.scopeOf(FOLLOW_UP_ACTS, 'follow_ups.cancel') !== undefined;
    const last = await queries.findLastCommand(this.#tx, this.row.id);
    const repeated = last?.by === this.#by.caller.subject && last.command === command;
    const facts = { ...factsOf(this.#ctx, this.row, hanging), supervisor, repeated };
    const next = step(FOLLOW_UP, { state: stateWord(this.row.state), command, facts });
    if (next.repeated) return;
    const { state } = next;
    this.#commands.push(command);
    this.row = { ...this.row, state: STATE_NUMBERS[state] };
    await this.#bringAbout(command, input);
    if (this.row.state >= CLOSED_FROM || this.row.state === STATE_NUMBERS.lost) await this.#cancelAll();
  }

  async #bringAbout(command: FollowUpCommand, input: CommandInput): Promise<void> {
    const today = vietnamDate(this.now);
    switch (command) {
      case 'reach':
        return this.finish(['call', 'visit', 'find_person']);
      case 'quarantine':
        this.row = { ...this.row, ...this.#placed(input), nextReportOn: today };
        return this.finish(['quarantine']);
      case 'exempt':
        this.row = { ...this.row, nextReportOn: today };
        return this.finish(['quarantine']);
      case 'report':
        return this.report(input, 'tracer');
      case 'end_quarantine':
        this.row = { ...this.row, place: null, placeName: null };
        return this.finish(['quarantine', 'end_quarantine']);
      case 'release':
        this.row = { ...this.row, ...endedAs('released', this.now) };
        return this.finish(['release']);
      case 'cancel':
        this.row = { ...this.row, ...endedAs('mistake', this.now) };
        return;
      case 'die':
        this.row = { ...this.row, ...endedAs('died', this.now) };
        return;
      case 'refuse':
        this.row = { ...this.row, refused: true };
        return this.add('visit', `refused:${this.row.version}`);
      case 'reopen':
        this.row = {
          ...this.row,
          episode: this.row.episode + 1,
          beganAt: this.now,
          outcome: null,
          closedAt: null,
        };
        this.row = { ...this.row, quarantinedAt: null, place: null, placeName: null };
        // Who is no contact of anybody any more is followed up because somebody says so.
        if (this.#original.outcome === OUTCOMES.indexOf('not_a_contact') + 1)
          this.row = { ...this.row, reason: REASONS.indexOf('by_hand') + 1 };
        return;
      case 'refile':
        return this.refile(input.ward ?? '');
      case 'lose':
        this.row = { ...this.row, nextReportOn: null };
    }
  }

  #placed({ place, siteName, at }: CommandInput) {
    if (place === undefined) throw invalidField('place', 'REQUIRED');
    if (at !== undefined && at > this.now) throw invalidField('at', 'IN_FUTURE');
    return { place: PLACES.indexOf(place) + 1, placeName: siteName ?? null, quarantinedAt: at ?? this.now };
  }

  /** A report of a day within the follow-up, of today unless told; symptoms put them first. */
  async report(
    { onDate, at, symptoms = [], temp }: CommandInput,
    source: 'self' | 'tracer' | 'site',
  ): Promise<void> {
    const on = onDate ?? vietnamDate(at ?? this.now);
    const { firstExposedAt, watchUntil } = this.row;
    if (on > vietnamDate(this.now)) throw invalidField('on_date', 'IN_FUTURE');
    if (firstExposedAt !== null && on < vietnamDate(firstExposedAt))
      throw invalidField('on_date', 'TOO_EARLY', { earliest: vietnamDate(firstExposedAt) });
    if (watchUntil !== null && on > watchUntil)
      throw invalidField('on_date', 'AT_MOST', { most: watchUntil });
    const said = { temp: temp === undefined ? null : Math.round(temp * 10), symptoms: symptomBits(symptoms) };
    const by = this.#by.caller.subject;
    const number = { self: 1, tracer: 2, site: 3 }[source];
    const report = {
      followUpId: this.row.id,
      onDate: on,
      key: newId(),
      at: at ?? this.now,
      ...said,
      source: number,
      by,
    };
    await queries.insertReport(this.#tx, report);
    await this.finish(['report_missing']);
    const since = this.row.symptomaticSince;
    if (isSymptomatic(said) && (since === null || on < since)) {
      this.row = { ...this.row, symptomaticSince: on };
      await this.add('sample', `symptoms:${on}`);
    }
    const next = this.row.nextReportOn;
    if (next !== null && on >= next) this.row = { ...this.row, nextReportOn: addDays(on, 1) };
  }

  /** Files it at another desk; nobody has its tasks then. Throws INVALID_FIELD. */
  refile(ward: string, byHand = true): void {
    expectValue(readWard(ward), 'ward');
    if (!isWardOf(ward, this.#ctx.province)) throw invalidField('ward', 'NOT_OF_PROVINCE');
    this.row = { ...this.row, ward, wardByHand: byHand };
  }

  /** Ends open tasks of some kinds as done. */
  async finish(kinds: readonly TaskKind[]): Promise<void> {
    const end = { state: TASK_NUMBERS.done, outcome: outcomeNumber('done'), doneAt: this.now };
    const doneBy = this.#by.caller.subject;
    await queries.endTasks(this.#tx, this.row.id, { ...end, doneBy, kinds: kinds.map(kindNumber) });
  }

  async #cancelAll(): Promise<void> {
    const end = { state: TASK_NUMBERS.cancelled, lastUntil: this.now + LATE_SECONDS };
    await queries.endTasks(this.#tx, this.row.id, end);
  }

  /** How often this came of calls in the present episode. */
  async countOutcomes(outcome: CallOutcome): Promise<number> {
    const all = await queries.listOutcomes(this.#tx, this.row.id);
    const number = outcomeNumber(outcome);
    return all.filter((call) => call.at >= this.row.beganAt && call.outcome === number).length;
  }

  isHome(province: string): boolean {
    return province === this.#ctx.province;
  }

  /** Adds a task that is due within a day, known again by its cause. */
  async add(kind: TaskKind, cause: string, data: object | null = null): Promise<void> {
    const { id: followUpId, episode, ward, priority } = this.row;
    const times = { notBefore: this.now, dueAt: this.now + 86_400 };
    const task = { followUpId, episode, ward, priority, kind: kindNumber(kind), cause, data, ...times };
    await queries.insertTask(this.#tx, task);
  }

  /** Writes what has changed, planned anew, and one line of history; the row as it is then. */
  async write(reason: string | undefined): Promise<FollowUpRow> {
    const [tx, { id }] = [this.#tx, this.row];
    const [found] = (await readWorks(tx, [this.row])) as [SettledWork];
    const work = { ...found, original: this.#original };
    const facts = { packs: this.#ctx.rules.packs(), province: this.#ctx.province, now: this.now };
    await writeSettled(tx, [work], { facts, keyGeneration: this.#sealer.generation, logs: false });
    if (this.row.ward !== this.#original.ward) await queries.refileTasks(tx, [id], this.now + LATE_SECONDS);
    const [row] = (await lockFollowUps(tx, [id])) as [FollowUpRow];
    for (const command of this.#commands)
      await queries.insertReasoned(tx, this.#sealer, {
        ...{ followUpId: id, at: this.now, by: this.#by.caller.subject, command, reason: reason ?? null },
        ...{ before: loggedOf(this.#original), after: loggedOf(row) },
      });
    return row;
  }
}
