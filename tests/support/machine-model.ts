/**
 * A model-based test out of a machine's table: random commands by random people, through the real operations
 * over the real database, and after each the thing must stand where the table says, for everybody who looks.
 * Knows no feature; a driver does.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { allowedCommands, type Machine, transition } from '../../shared/domain/machine.ts';
import { AppError } from '../../shared/errors.ts';

/** How somebody sees the thing. */
export interface Seen {
  readonly state: string;
  readonly allowed: readonly string[];
}

/** What a random command is, besides its name: who, and what they say. */
export interface Input {
  readonly by: string;
}

export interface Driver<S extends string, N extends string, F, I extends Input, R> {
  readonly machine: Machine<S, N, F, unknown>;
  readonly people: readonly string[];
  readonly inputs: Readonly<Record<N, fc.Arbitrary<I>>>;
  /** What the command finds: `done` are the commands that were carried out so far. */
  facts(done: readonly Done<N, I>[], next: Done<N, I>): F;
  /** What `by` knows who only looks. */
  factsOfViewer(done: readonly Done<N, I>[], by: string): F;
  /** How the thing stands at the beginning of a run; absent: it is not there yet. */
  readonly initial?: S;
  /** A world for one run. */
  begin(): Promise<R>;
  perform(real: R, command: N, input: I): Promise<unknown>;
  look(real: R, by: string): Promise<Seen | undefined>;
  /** Lets the time pass that the table's `passes` speak of. */
  pass?(real: R): void;
}

export interface Done<N, I> {
  readonly command: N;
  readonly input: I;
}

interface Model<S, N, I> {
  state: S | undefined;
  done: Done<N, I>[];
}

/** Runs the machine against its operations; fails with the shortest sequence on which they differ. */
export async function expectModelled<S extends string, N extends string, F, I extends Input, R>(
  driver: Driver<S, N, F, I, R>,
  runs: number,
): Promise<void> {
  const names = Object.keys(driver.machine.commands) as N[];
  const commands = names.map((name) => driver.inputs[name].map((input) => new Deed(driver, name, input)));
  const passes = driver.pass ? [fc.constant(new Time(driver))] : [];
  const sequences = fc.commands<Model<S, N, I>, R, true>([...commands, ...passes], {
    maxCommands: 10,
    size: 'max',
  });
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const setup = async () => ({ model: { state: driver.initial, done: [] }, real: await driver.begin() });
    await fc.asyncModelRun(setup, sequence);
  });
  await fc.assert(property, { numRuns: runs });
}

class Deed<S extends string, N extends string, F, I extends Input, R>
  implements fc.AsyncCommand<Model<S, N, I>, R, true>
{
  readonly #driver: Driver<S, N, F, I, R>;
  readonly #done: Done<N, I>;

  constructor(driver: Driver<S, N, F, I, R>, command: N, input: I) {
    this.#driver = driver;
    this.#done = { command, input };
  }

  /** A thing begins once, and what is not there cannot be spoken of. */
  async check({ state }: Readonly<Model<S, N, I>>): Promise<boolean> {
    const begins = this.#driver.machine.commands[this.#done.command].from.length === 0;
    return begins === (state === undefined);
  }

  async run(model: Model<S, N, I>, real: R): Promise<void> {
    const { machine, facts, perform } = this.#driver;
    const { command, input } = this.#done;
    const { state } = model;
    const expected = transition(machine, { state, command, facts: facts(model.done, this.#done) });
    const outcome = await perform(real, command, input).then(() => undefined, asRefusal);
    if ('reason' in expected) {
      const { reason, allowed } = expected;
      expect(outcome).toEqual({ reason, extension: allowed === undefined ? {} : { state, allowed } });
    } else {
      expect(outcome).toBeUndefined();
      if (!expected.repeated) model.done.push(this.#done);
      model.state = expected.state;
    }
    await expectSeen(this.#driver, model, real);
  }

  toString(): string {
    return `${this.#done.command} ${JSON.stringify(this.#done.input)}`;
  }
}

class Time<S extends string, N extends string, F, I extends Input, R>
  implements fc.AsyncCommand<Model<S, N, I>, R, true>
{
  readonly #driver: Driver<S, N, F, I, R>;

  constructor(driver: Driver<S, N, F, I, R>) {
    this.#driver = driver;
  }

  check = async () => true;

  async run(model: Model<S, N, I>, real: R): Promise<void> {
    this.#driver.pass?.(real);
    model.state = this.#driver.machine.passes?.find(({ from }) => from === model.state)?.to ?? model.state;
    await expectSeen(this.#driver, model, real);
  }

  toString = () => 'time passes';
}

/** Everybody sees the state of the model, and the buttons that the table gives them. */
async function expectSeen<S extends string, N extends string, F, I extends Input, R>(
  { machine, people, factsOfViewer, look }: Driver<S, N, F, I, R>,
  { state, done }: Model<S, N, I>,
  real: R,
): Promise<void> {
  for (const by of people) {
    const allowed = allowedCommands(machine, { state, facts: factsOfViewer(done, by) });
    expect(await look(real, by)).toEqual(state === undefined ? undefined : { state, allowed });
  }
}

function asRefusal(error: unknown): Pick<AppError, 'reason' | 'extension'> {
  if (!(error instanceof AppError)) throw error;
  return { reason: error.reason, extension: error.extension };
}
