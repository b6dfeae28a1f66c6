/**
 * A national centre and provinces as their operators set them up: nothing is made for them but databases,
 * ports and an identity provider; everything else is done with the command lines, as processes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Databases, openDatabases } from '../../deploy/federation/databases.ts';
import { createTemporaryDirectory } from '../../deploy/federation/directory.ts';
import { audienceOf } from '../../deploy/federation/member.ts';
import { takePorts } from '../../deploy/federation/ports.ts';
import { Program } from '../../deploy/federation/program.ts';
import { startTokenIssuer, type TokenIssuer } from '../../deploy/federation/token-issuer.ts';
import { Disposal } from '../../shared/disposal.ts';
import { newKey } from '../../shared/ids.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { TEMPLATES } from './database.ts';

/** A running program, where it answers, and a token with all its roles. */
export interface Running {
  readonly program: Program;
  readonly url: string;
  readonly token: string;
  readonly grpcAddress: string;
  readonly databaseUrl: string;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Command {
  readonly process: ChildProcess;
  /** All that it has printed so far. */
  readonly printed: { stdout: string; stderr: string };
  readonly finished: Promise<Finished>;
}

const cli = (program: 'hub' | 'node') => join(packageRoot, 'dist', program, 'cli.js');

/** Runs a command line; `url` and `token` go through the environment, as operators keep them. */
export function command(
  program: 'hub' | 'node',
  args: readonly string[],
  door?: Pick<Running, 'url' | 'token'>,
) {
  const env = door ? { TRUYVET_URL: door.url, TRUYVET_TOKEN: door.token } : {};
  const child = spawn(process.execPath, [cli(program), ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    printed.stdout += text;
  });
  child.stderr.on('data', (text) => {
    printed.stderr += text;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code) => resolve({ code, ...printed }));
  });
  return { process: child, printed, finished } satisfies Command;
}

/** Runs a command line to its end; throws with what it printed unless it succeeds. */
export async function run(...args: Parameters<typeof command>): Promise<string> {
  const { code, stdout, stderr } = await command(...args).finished;
  if (code !== 0) throw new Error(`${args[0]} ${args[1].join(' ')}: ${code}\n${stdout}${stderr}`);
  return stdout.trim();
}

export class Centre implements AsyncDisposable {
  readonly directory: string;
  readonly tokens: TokenIssuer;
  readonly #databases: Databases;
  readonly #stack: Disposal;

  private constructor(directory: string, tokens: TokenIssuer, databases: Databases, stack: Disposal) {
    this.directory = directory;
    this.tokens = tokens;
    this.#databases = databases;
    this.#stack = stack;
  }

  static async open(): Promise<Centre> {
    const stack = new Disposal();
    const { path } = stack.use(await createTemporaryDirectory());
    const tokens = stack.use(await startTokenIssuer());
    const databases = stack.use(
      await openDatabases({ databaseUrl: inject('adminUrl'), templates: TEMPLATES }, path),
    );
    return new Centre(path, tokens, databases, stack);
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** A file with 32 random bytes in hex. */
  async hexKey(name: string): Promise<string> {
    const path = this.path(name);
    await writeFile(path, `${Buffer.from(newKey(32)).toString('hex')}\n`, { mode: 0o600 });
    return path;
  }

  /** A `host:port` that nothing listens on. */
  async address(): Promise<string> {
    const [port] = await takePorts(1);
    return `127.0.0.1:${port}`;
  }

  /** Starts `hub` or the node of a province with these variables on top of the usual ones; waits for it. */
  async start(name: string, env: Readonly<Record<string, string>>, database = name): Promise<Running> {
    const kind = name === 'hub' ? 'hub' : 'node';
    const { program: databaseUrl, owner } = await this.#databases.create(`at_${database}`, kind);
    const httpAddress = await this.address();
    const program = this.#stack.use(
      new Program({
        name: `${kind} ${name}`,
        script: join(packageRoot, 'dist', kind, 'main.js'),
        readyUrl: `http://${httpAddress}/readyz`,
        logFile: this.path(`${database}.log`),
        env: {
          ...{ DATABASE_URL: databaseUrl, HTTP_LISTEN: httpAddress, OIDC_ISSUER: this.tokens.issuer },
          OIDC_AUDIENCE: audienceOf(name),
          ...env,
        },
      }),
    );
    await program.start();
    const roles =
      kind === 'hub' ? ['hub_operator', 'analyst'] : ROLES_OF_A_NODE.map((role) => `${role}@${name}`);
    const token = await this.tokens.issue({ audience: audienceOf(name), roles });
    const url = `http://${httpAddress}`;
    return { program, url, token, grpcAddress: env.GRPC_LISTEN ?? '', databaseUrl: owner };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

const ROLES_OF_A_NODE = ['ward_tracer', 'epidemiologist', 'lab', 'integrator', 'operator'];
