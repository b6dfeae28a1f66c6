/**
 * What one trace holds against provinces: who is left out of it, by an operator or because it brought more
 * than it may, what each may still bring, and what operators should look at.
 */
import { alarmsOf, guessesIn, lookAt } from '../../shared/trace/alarms.ts';
import type { Charge } from '../../shared/trace/charges.ts';
import type { TraceState, TraceView } from '../../shared/trace/trace-state.ts';
import type { Found, TraceAlarms } from './alarms.ts';
import { mostNames } from './allowances.ts';
import { provinceCode } from './assignments.ts';
import { type Exclusion, INVENTED_NAMES, TAKEN_BACK } from './exclusions-queries.ts';
import type { Guesses } from './guesses.ts';
import { excludeOverspender, type OverspendingCtx, type Probation } from './overspending.ts';

export interface ConductCtx extends OverspendingCtx {
  readonly guesses: Pick<Guesses, 'note'>;
  readonly alarms: Pick<TraceAlarms, 'of' | 'tell'>;
  readonly probation: Pick<Probation, 'add' | 'has' | 'budget' | 'chargeOf' | 'least'>;
}

type ConductRow = { readonly id: string; readonly province: string; readonly openedAtMs: number };
type Overspender = Charge & { readonly province: string };

export class Conduct {
  readonly #ctx: ConductCtx;
  readonly #row: ConductRow;
  readonly #state: TraceState;
  #leftOut: readonly Exclusion[] = [];
  #takenBack: ReadonlySet<string> = new Set();
  /** Who has brought more than it may, as far as it was read. */
  readonly #floods = new Map<string, number>();
  /** Names for which provinces were left out. */
  #invented: number;
  /** As the trace was published last. */
  #alarms: Found;

  constructor(ctx: ConductCtx, row: ConductRow, state: TraceState) {
    this.#ctx = ctx;
    this.#row = row;
    this.#state = state;
    this.#alarms = ctx.alarms.of(row.id);
    this.#invented = this.#alarms.get('NAMES_OVER_BUDGET') ?? 0;
  }

  /** From now on these provinces count no more, and all others do. */
  leaveOut(exclusions: readonly Exclusion[]): void {
    const [before, left] = [this.#leftOut, exclusions.filter(({ reason }) => reason !== TAKEN_BACK)];
    this.#takenBack = new Set(
      exclusions.flatMap(({ province, reason }) => (reason === TAKEN_BACK ? [province] : [])),
    );
    for (const province of this.#takenBack) this.#floods.delete(province);
    this.#leftOut = left;
    if (before.length + left.length > 0)
      this.#state.leaveOut(new Set(left.map(({ province }) => Number(province))));
  }

  whyLeftOut(province: string): string | undefined {
    return this.#leftOut.find((one) => one.province === province)?.reason;
  }

  /** Names that the province may still be the first to name. @param beside that others are about to bring. */
  mayBring(province: string, isByItself: boolean, beside = 0): number {
    const { probation } = this.#ctx;
    const { own, rest } = this.#state.broughtBy(Number(province));
    const standing = {
      isOwner: province === this.#row.province,
      isOnProbation: probation.has(province),
      isTakenBack: this.#takenBack.has(province),
      isByItself,
    };
    return Math.max(0, mostNames(probation.budget, standing, { own, rest: rest + beside }) - own);
  }

  /** An answer has more than the province may bring: too much, unless it may come later. */
  broughtTooMuch(province: string, isByItself: boolean): void {
    const isFirst = province !== this.#row.province && !this.#takenBack.has(province);
    if (isFirst && !isByItself && !this.#ctx.probation.has(province)) return;
    const { own } = this.#state.broughtBy(Number(province));
    this.#floods.set(province, own + this.mayBring(province, isByItself) + 1);
  }

  /** Who is to be left out, if anybody is. */
  overspender(): Overspender | undefined {
    const [flooded] = this.#floods;
    if (flooded) return { province: flooded[0], names: flooded[1], questions: 0 };
    const { probation } = this.#ctx;
    const owner = Number(this.#row.province);
    const mostOf = (province: number) =>
      province === owner ? probation.budget : probation.chargeOf(provinceCode(province));
    const found = this.#state.overspender(probation.least, mostOf);
    return found && { ...found, province: provinceCode(found.province) };
  }

  /** On record: all that are left out then, and those taken back. */
  async exclude({ province, names, questions }: Overspender): Promise<readonly Exclusion[]> {
    const left = await excludeOverspender(this.#ctx, { id: this.#row.id, province, names, questions });
    this.#invented += names;
    this.#floods.delete(province);
    this.#ctx.probation.add(province);
    return left;
  }

  /** Looks at what is to be published. */
  look(view: TraceView): void {
    const found = lookAt(view, Number(this.#row.province));
    const before = this.#ctx.guesses.note(this.#row, guessesIn(found));
    const alarms = new Map(alarmsOf(found, before));
    const isOverspent = this.#leftOut.some(({ reason }) => reason === INVENTED_NAMES);
    if (isOverspent) alarms.set('NAMES_OVER_BUDGET', Math.max(1, this.#invented));
    this.#alarms = alarms;
  }

  /** On record when it resolves. */
  tellAlarms(): Promise<void> {
    return this.#ctx.alarms.tell(this.#row, this.#alarms);
  }

  get alarms(): readonly string[] {
    return [...this.#alarms.keys()];
  }
}
