/**
 * `npm start`: a hub and three provinces on this machine, a seeded outbreak, one trace through it, and
 * everything stays up to be looked at until Ctrl-C. It only puts together; nothing is left behind when it
 * ends.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { callerGone } from '../federation/callers.ts';
import { createTemporaryDirectory } from '../federation/directory.ts';
import { type Federation, startFederation } from '../federation/federation.ts';
import { inherited } from '../federation/federation-command.ts';
import { wardName } from './outbreak/wards.ts';
import { DEMO_PROVINCES, generateOutbreak, type Outbreak } from './outbreak.ts';
import { demoPersonas } from './personas.ts';
import { type ImportProgress, importView, traceView } from './show/progress.ts';
import {
  addressLines,
  consoleLines,
  exampleLines,
  passerByLines,
  resultLines,
  variableLines,
} from './show/result.ts';
import { Screen } from './show/screen.ts';
import { count, type Style, seconds, styleOf } from './show/text.ts';
import { importOutbreak, type TracedOutbreak, traceOutbreak } from './tour.ts';

/** Traces as the shipped pack of 2021-12-29 says, and the work with contacts besides. */
const RULES_FILE = join(packageRoot, 'deploy', 'demo', 'rules.json');

/** Four programs share one machine, perhaps a busy one: none is given up for being slow. */
const ROUND_DEADLINE_MS = '20000';

const PATIENCE_MS = 60_000;

interface Stage {
  readonly screen: Screen;
  readonly style: Style;
  readonly signal: AbortSignal;
}

/**
 * Runs until told to stop; the answer is the exit code: 1 after a failure, 130 if stopped before all was
 * shown.
 */
async function runDemo(): Promise<number> {
  const stop = stopSignals();
  const screen = new Screen(process.stdout, systemClock);
  const style = styleOf(process.stdout.isTTY === true && !process.env.NO_COLOR);
  try {
    await using federation = await start({ screen, style, signal: stop.signal });
    await using directory = await createTemporaryDirectory();
    screen.print(...consoleLines(federation.nodes, style), '');
    const stage = { screen, style, signal: stop.signal, variables: join(directory.path, 'variables.sh') };
    await showOutbreak(federation, stage);
    const ended = await endOf(federation, stop.signal);
    if (ended !== undefined)
      throw new AppError('UNAVAILABLE', 'PROGRAM_ENDED', `${ended} has ended by itself`, {
        params: { name: ended },
      });
    screen.print('', 'Đang dừng … / stopping …');
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\nKhông chạy được / the demo failed: ${message}\n`);
    return 1;
  } finally {
    stop.abort();
  }
}

/** Aborts at Ctrl-C (of which npm may tell us twice), at a closed terminal, or when the caller is gone. */
function stopSignals(): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  // Whoever read our output may be gone before us.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop.abort());
  void callerGone(stop.signal).then(() => stop.abort());
  return stop;
}

async function start({ screen, style, signal }: Stage): Promise<Federation> {
  screen.print(style.bold('Truy Vết · truy vết tiếp xúc liên tỉnh / contact tracing across provinces'), '');
  const startedMs = systemClock.nowMs();
  const starting = startFederation({
    provinces: DEMO_PROVINCES,
    databaseUrl: process.env.DATABASE_URL,
    env: { '*': inherited(process.env), hub: { ROUND_DEADLINE_MS } },
    personas: demoPersonas,
    rulesFile: RULES_FILE,
    signal,
  });
  const what = 'Khởi động trung tâm và ba tỉnh / starting the hub and three provinces';
  const view = () => ({ live: [`${what} · ${seconds(systemClock.nowMs() - startedMs)}`], plain: what });
  const federation = await screen.during(view, starting);
  screen.print('');
  return federation;
}

async function showOutbreak(
  federation: Federation,
  { variables, ...stage }: Stage & { readonly variables: string },
): Promise<void> {
  const { screen, style } = stage;
  const outbreak = generateOutbreak({ now: nowSeconds(systemClock) });
  await load(federation, outbreak, stage);
  const { indexCase } = outbreak;
  screen.print(
    '',
    style.bold('Ca bệnh F0 ở Bắc Giang / a confirmed case (F0) in Bắc Giang'),
    `  ${indexCase.name} · khởi phát / onset ${indexCase.body.onset_on}`,
    '',
    style.bold('Truy vết / tracing'),
  );
  const { trace, contacts } = await follow(federation, outbreak, stage);
  // Into a file and not onto the screen: tokens are long, and nobody else should read them.
  const lines = variableLines(federation.hub, federation.nodes, trace);
  await writeFile(variables, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  screen.print(
    ...['', ...resultLines(trace, contacts, style)],
    ...['', ...exampleLines(indexCase.province, contacts.get(indexCase.province) ?? [], wardName)],
    ...['', ...passerByLines(outbreak, contacts)],
    ...['', ...consoleLines(federation.nodes, style)],
    ...['', ...addressLines(federation.hub, federation.nodes, { province: indexCase.province, variables })],
  );
}

async function load(
  federation: Federation,
  outbreak: Outbreak,
  { screen, style, signal }: Stage,
): Promise<void> {
  const progress = new Map<string, ImportProgress>(
    outbreak.provinces.map(({ province, files }) => {
      const rows = files.reduce((sum, file) => sum + file.rows.length, 0);
      return [province, { province, kind: 'places', sentRows: 0, rows, finished: false }];
    }),
  );
  screen.print(
    style.bold('Nhập dữ liệu 14 ngày / importing 14 days'),
    `  ${count(outbreak.people)} người bịa / invented people`,
  );
  const onProgress = (one: ImportProgress) => progress.set(one.province, one);
  const view = (width: number) => importView([...progress.values()], style, width);
  await screen.during(view, importOutbreak(federation, outbreak, { signal, onProgress }));
}

function follow(
  federation: Federation,
  outbreak: Outbreak,
  { screen, style, signal }: Stage,
): Promise<TracedOutbreak> {
  let startedMs = systemClock.nowMs();
  let last: TracedOutbreak['trace'] | undefined;
  const traced = traceOutbreak(federation, outbreak, {
    signal,
    patienceMs: PATIENCE_MS,
    onAccepted: () => {
      startedMs = systemClock.nowMs();
    },
    onProgress: (trace) => {
      last = trace;
    },
  });
  const elapsedMs = () => (last?.completed_at ? last.elapsed_ms : systemClock.nowMs() - startedMs);
  return screen.during((width) => traceView(last, elapsedMs(), { style, width }), traced);
}

/** The name of the program that has ended by itself, or undefined once `stop` aborts. */
function endOf(federation: Federation, stop: AbortSignal): Promise<string | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const names = ['hub', ...federation.nodes.map(({ name }) => name)];
  return Promise.race([stopped, ...names.map((name) => federation.exited(name).then(() => name))]);
}

process.exitCode = await runDemo();
