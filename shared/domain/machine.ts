/**
 * State machines as tables: which command leads from which states to which, what refuses it, what it brings
 * about, and whose act it is. The operation, the refusal WRONG_STATE with what is allowed instead, the list
 * of states in the API's documentation, the buttons of a console and the model-based test all read the one
 * table. Pure: it decides and does nothing.
 */
import { AppError, type ErrorCode, type PlainReason } from '../errors.ts';

/** Why a command is refused in a state that it could leave; the first that refuses is the answer. */
export interface Guard<Facts> {
  readonly reason: PlainReason;
  readonly code: ErrorCode;
  /** May be read by anybody: no personal data. */
  readonly message: string;
  /** A fact that is not known (yet) refuses nothing: a button is shown before its form is filled in. */
  readonly refuses: (facts: Facts) => boolean;
}

export interface Command<State extends string, Facts, Effect> {
  /** States that it leaves; none: it is the beginning of a thing. */
  readonly from: readonly State[];
  /** Absent: the state stays as it is. */
  readonly to?: State;
  /** Whose command it is: an act of the program's table of access; none: of somebody outside of it. */
  readonly act?: string;
  readonly guards?: readonly Guard<Facts>[];
  /** What must happen with it, in the same transaction. */
  readonly effects?: (facts: Facts) => readonly Effect[];
  /** Whether it is the same caller's same command once more: then nothing changes and nothing is wrong. */
  readonly repeats?: (facts: Facts) => boolean;
}

/** What passes by itself: by the clock, or since something else ended. No command, and no button. */
export interface Passing<State extends string> {
  readonly from: State;
  readonly to: State;
}

export interface Machine<State extends string, Name extends string, Facts, Effect> {
  readonly states: readonly [State, ...State[]];
  readonly commands: Readonly<Record<Name, Command<State, Facts, Effect>>>;
  readonly passes?: readonly Passing<State>[];
}

/** The names of a machine's commands, as the API's documentation lists them. */
export function commandsOf<State extends string, Name extends string, Facts, Effect>({
  commands,
}: Machine<State, Name, Facts, Effect>): Name[] {
  return Object.keys(commands) as Name[];
}

export interface Step<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
  /** The state had been reached by this very command before: there is nothing to do. */
  readonly repeated: boolean;
}

export interface Refused<Name> {
  readonly reason: PlainReason;
  readonly code: ErrorCode;
  readonly message: string;
  /** With WRONG_STATE: the commands that the state does not refuse. */
  readonly allowed?: readonly Name[];
}

/** A command that comes to a thing; `state` undefined: there is none yet. */
export interface Move<State, Name, Facts> {
  readonly state: State | undefined;
  readonly command: Name;
  readonly facts: Facts;
}

/** Where a command leads and what it brings about, or why it does not. */
export function transition<State extends string, Name extends string, Facts, Effect>(
  machine: Machine<State, Name, Facts, Effect>,
  { state, command, facts }: Move<State, Name, Facts>,
): Step<State, Effect> | Refused<Name> {
  const { to = state, guards = [], effects, repeats, from } = machine.commands[command];
  if (to !== undefined && state === to && repeats?.(facts)) return { state: to, effects: [], repeated: true };
  if (to === undefined || !leaves(from, state)) return wrongState(machine, state, facts);
  const refusing = guards.find(({ refuses }) => refuses(facts));
  if (refusing) return { reason: refusing.reason, code: refusing.code, message: refusing.message };
  return { state: to, effects: effects?.(facts) ?? [], repeated: false };
}

/** Like `transition`, for operations: a refusal is thrown, WRONG_STATE with fields `state`, `allowed`. */
export function step<State extends string, Name extends string, Facts, Effect>(
  machine: Machine<State, Name, Facts, Effect>,
  move: Move<State, Name, Facts>,
): Step<State, Effect> {
  const next = transition(machine, move);
  if ('effects' in next) return next;
  const { code, reason, message, allowed } = next;
  const extension = allowed && { state: move.state ?? 'none', allowed };
  throw new AppError(code, reason, message, { extension });
}

/**
 * The commands that would not be refused now, in the table's order; with `may`, of those only the ones whose
 * act it lets through: the buttons that somebody sees.
 */
export function allowedCommands<State extends string, Name extends string, Facts, Effect>(
  machine: Machine<State, Name, Facts, Effect>,
  { state, facts }: Pick<Move<State, Name, Facts>, 'state' | 'facts'>,
  may: (act: string | undefined) => boolean = () => true,
): Name[] {
  const commands = Object.entries(machine.commands) as [Name, Command<State, Facts, Effect>][];
  return commands
    .filter(([, { from, act, guards = [] }]) => {
      return leaves(from, state) && may(act) && !guards.some(({ refuses }) => refuses(facts));
    })
    .map(([name]) => name);
}

function leaves<State>(from: readonly State[], state: State | undefined): boolean {
  return state === undefined ? from.length === 0 : from.includes(state);
}

function wrongState<State extends string, Name extends string, Facts, Effect>(
  machine: Machine<State, Name, Facts, Effect>,
  state: State | undefined,
  facts: Facts,
): Refused<Name> {
  const allowed = allowedCommands(machine, { state, facts });
  const instead = allowed.length > 0 ? `; allowed: ${allowed.join(', ')}` : '; nothing is to be done';
  const message = `it is ${state ?? 'not there yet'}${instead}`;
  return { reason: 'WRONG_STATE', code: 'FAILED_PRECONDITION', message, allowed };
}
