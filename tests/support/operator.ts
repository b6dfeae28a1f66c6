/**
 * A national centre and provinces as their operators set them up: nothing is made for them but databases,
 * ports and an identity provider; everything else is done with the command lines. It all runs in this
 * process.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Databases, openDatabases } from '../../deploy/federation/databases.ts';
import { createTemporaryDirectory } from '../../deploy/federation/directory.ts';
import { audienceOf } from '../../deploy/federation/participant.ts';
import { takePorts } from '../../deploy/federation/ports.ts';
import { startTokenIssuer, type TokenIssuer } from '../../deploy/federation/token-issuer.ts';
import { Disposal } from '../../shared/disposal.ts';
import { newKey } from '../../shared/ids.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { beginCommand, type Command } from './command-line.ts';
import { TEMPLATES } from './database.ts';
import { ProgramHere } from './federations.ts';

/** A running program, where it answers, and a token with all its roles. */
export interface Running {
  readonly url: string;
  readonly token: string;
  readonly grpcAddress: string;
  readonly databaseUrl: string;
}

/** Begins a command line; `url` and `token` go through the environment, as operators keep them. */
export function command(
  program: 'hub' | 'node',
  args: readonly string[],
  door?: Pick<Running, 'url' | 'token'>,
): Command {
  const env = door ? { TRUYVET_URL: door.url, TRUYVET_TOKEN: door.token } : {};
  return beginCommand(program, args, { env });
}

/** Runs a command line to its end; throws with what it printed unless it succeeds. */
export async function run(...args: Parameters<typeof command>): Promise<string> {
  const { code, out, err } = await command(...args).ended;
  if (code !== 0) throw new Error(`${args[0]} ${args[1].join(' ')}: ${code}\n${out}${err}`);
  return out.trim();
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
      new ProgramHere({
        name: `${kind} ${name}`,
        script: join(packageRoot, 'dist', kind, 'main.js'),
        readyUrl: `http://${httpAddress}/readyz`,
        logFile: this.path(`${database}.log`),
        env: {
          ...{ DATABASE_URL: databaseUrl, HTTP_LISTEN: httpAddress, OIDC_ISSUER: this.tokens.issuer },
          ...{ OIDC_AUDIENCE: audienceOf(name), LOG_LEVEL: 'info' },
          ...env,
        },
      }),
    );
    await program.start();
    const roles =
      kind === 'hub' ? ['hub_operator', 'analyst'] : ROLES_OF_A_NODE.map((role) => `${role}@${name}`);
    const token = await this.tokens.issue({ audience: audienceOf(name), roles });
    const url = `http://${httpAddress}`;
    return { url, token, grpcAddress: env.GRPC_LISTEN ?? '', databaseUrl: owner };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

const ROLES_OF_A_NODE = ['ward_tracer', 'epidemiologist', 'lab', 'integrator', 'operator'];
