/**
 * `npm run federation`: arguments, what it prints, signals, and its end when whoever called it is gone.
 * Standard output carries the result and nothing else.
 */
import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { systemClock } from '../../shared/clock.ts';
import type { Env } from '../../shared/config.ts';
import { AppError, toAppError } from '../../shared/errors.ts';
import { callerGone } from './callers.ts';
import type { FederationSummary, Participant } from './participant.ts';
import { parseProvinces, provinceName } from './provinces.ts';

/** What the command asks of `startFederation`. */
export interface CommandOptions {
  readonly provinces: readonly string[];
  readonly rulesFile: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly logsDir: string | undefined;
  readonly env: Readonly<Record<string, Env>>;
  readonly signal: AbortSignal;
}

/** What it needs of the result. */
export interface RunningFederation extends AsyncDisposable {
  readonly hub: Participant;
  readonly nodes: readonly Participant[];
  restart(): Promise<void>;
  summary(): FederationSummary;
}

type Start = (options: CommandOptions) => Promise<RunningFederation>;

/** Runs until it is told to stop or its caller is gone; returns the exit code. */
export async function runFederation(args: readonly string[], env: Env, start: Start): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  // Whoever read our output may be gone before us.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    const { json, ...options } = parseArguments(args, env);
    void callerGone(stop.signal).then(() => stop.abort());
    await using federation = await start({ ...options, signal: stop.signal });
    process.stdout.write(json ? `${JSON.stringify(federation.summary())}\n` : describe(federation));
    await serve(federation, stop.signal);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (stop.signal.aborted) return 0;
    console.error(error instanceof AppError ? `federation: ${error.message}` : error);
    return 1;
  } finally {
    stop.abort();
  }
}

/** Starts killed programs again at each SIGHUP, until `stop`. */
async function serve(federation: RunningFederation, stop: AbortSignal): Promise<void> {
  let restarting = Promise.resolve();
  const restart = () => {
    restarting = restarting
      .then(() => federation.restart())
      .catch((error: unknown) => console.error(`federation: ${toAppError(error).message}`));
  };
  process.on('SIGHUP', restart);
  while (!stop.aborted) await systemClock.sleep(LONG_MS, stop);
  process.off('SIGHUP', restart);
  await restarting;
}

const LONG_MS = 3_600_000;

type Parsed = Omit<CommandOptions, 'signal'> & { readonly json: boolean };

function parseArguments(args: readonly string[], env: Env): Parsed {
  const command = new Command('federation')
    .description('A hub and provincial nodes on this machine / Trung tâm và các nút tỉnh trên máy này')
    .option('--provinces <codes>', '24,79,01 | 8 | first:34 | all', '24,79,01')
    .option('--empty', 'start without data (always so: npm start loads an outbreak)')
    .option('--json', 'print one line of JSON when all are ready')
    .option('--rules <file>', 'a rule pack instead of the shipped ones')
    .addHelpText(
      'after',
      '\nDATABASE_URL: a PostgreSQL server with the right to create databases, instead of an embedded one',
    )
    .option('--logs <directory>', 'keep the logs of the programs there')
    .exitOverride()
    .parse(args, { from: 'user' });
  const options = command.opts<Record<string, string | undefined>>();
  return {
    provinces: parseProvinces(options.provinces ?? ''),
    rulesFile: options.rules === undefined ? undefined : resolve(options.rules),
    // From the environment alone: everybody on the machine may read the arguments of a process.
    databaseUrl: env.DATABASE_URL,
    logsDir: options.logs,
    env: { '*': inherited(env) },
    json: options.json !== undefined,
  };
}

/** What programs take over from our own environment: the machine's, and what may be tuned for all at once. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_OPTIONS', 'LOG_LEVEL', 'ROUND_DEADLINE_MS'];

/** Of our own environment, what programs take over. */
export function inherited(env: Env): Env {
  return Object.fromEntries(
    INHERITED.filter((name) => env[name] !== undefined).map((name) => [name, env[name]]),
  );
}

function describe({ hub, nodes }: RunningFederation): string {
  const lines = [
    `Liên bang đã sẵn sàng / The federation is ready (PID ${process.pid})`,
    '',
    ...participantLines('Trung tâm quốc gia / national hub', hub),
    ...nodes.flatMap((node) =>
      participantLines(`Tỉnh / province ${node.name} ${provinceName(node.name)}`, node),
    ),
    'Ctrl-C: dừng tất cả / stop all',
    `kill -HUP ${process.pid}: khởi động lại chương trình đã tắt / start ended programs again`,
  ];
  return `${lines.join('\n')}\n`;
}

function participantLines(title: string, { url, token, pid }: Participant): string[] {
  return [`${title} (PID ${pid})`, `  ${url}`, `  token ${token}`, ''];
}
