/**
 * Federations in the tests' one cluster, from its migrated templates: as processes, where they are to be
 * killed, and as a `World` in this process for all else.
 */
import { pino } from 'pino';
import { inject } from 'vitest';
import {
  type Federation,
  type FederationOptions,
  startFederation,
} from '../../deploy/federation/federation.ts';
import {
  answersOk,
  type LaunchedProgram,
  Program,
  type ProgramOptions,
} from '../../deploy/federation/program.ts';
import { startHub } from '../../hub/app.ts';
import { parseHubConfig } from '../../hub/config.ts';
import { startNode } from '../../node/app.ts';
import { parseNodeConfig } from '../../node/config.ts';
import { systemClock } from '../../shared/clock.ts';
import { TEMPLATES } from './database.ts';
import { waitFor } from './wait.ts';

/** For tests that wait for keys and certificates to be looked at; programs look every few seconds. */
export const SHORT_LOOKS = { KEY_EXCHANGE_EVERY_MS: '500', LOOK_EVERY_MS: '200' };

/** What programs do every few seconds; a test that waits for it has better things to do. */
const SHORT_INTERVALS = {
  ...{ KEY_EXCHANGE_EVERY_MS: '1000', LOOK_EVERY_MS: '1000' },
  // Not in the midst of a test that counts what there is.
  ERASE_EVERY_MS: '86400000',
  ...{ REFUSED_RETRY_MS: '1000', REPORT_EVERY_MS: '1000' },
};

/** The hub and nodes as processes. */
export function startProcesses(options: FederationOptions): Promise<Federation> {
  const env = { ...options.env, '*': { ...SHORT_INTERVALS, ...options.env?.['*'] } };
  return startFederation({ databaseUrl: inject('adminUrl'), templates: TEMPLATES, ...options, env });
}

export interface WorldOptions extends FederationOptions {
  /** `hub` and provinces that the test kills: they are processes. */
  readonly killed?: readonly string[];
}

/**
 * The hub and nodes in this process, but for those that are killed: quick to start, and to be stopped in good
 * order (SIGTERM) alone.
 */
export const World = {
  create({ killed = [], ...options }: WorldOptions): Promise<Federation> {
    const processes = new Set(killed.map((name) => (name === 'hub' ? name : `node-${name}`)));
    const launch = (program: ProgramOptions) =>
      processes.has(program.name) ? new Program(program) : new ProgramHere(program);
    return startProcesses({ launch, ...options });
  },
};

type LogFile = ReturnType<typeof pino.destination>;

/** A program in this process. It logs only when LOG_LEVEL is set, into its file. */
export class ProgramHere implements LaunchedProgram {
  readonly options: ProgramOptions;
  readonly exited = Promise.resolve();
  #app: AsyncDisposable | undefined;
  #log: LogFile | undefined;

  constructor(options: ProgramOptions) {
    this.options = options;
  }

  get pid(): number {
    return process.pid;
  }

  get running(): boolean {
    return this.#app !== undefined;
  }

  async start(): Promise<void> {
    if (this.#app) return;
    const { name, readyUrl, logFile } = this.options;
    const env = { LOG_LEVEL: 'silent', ...this.options.env };
    this.#log = pino.destination({ dest: logFile, sync: true });
    this.#app = name.startsWith('hub')
      ? await startHub(parseHubConfig(env), systemClock, this.#log)
      : await startNode(parseNodeConfig(env), systemClock, this.#log);
    await waitFor(`${name} to be ready`, () => answersOk(readyUrl));
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (signal !== 'SIGTERM') throw new Error(`${signal} needs a process: see tests/processes`);
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    await app?.[Symbol.asyncDispose]();
    this.#log?.end();
    this.#log = undefined;
  }
}
