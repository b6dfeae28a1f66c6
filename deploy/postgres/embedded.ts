/**
 * Launcher of the PostgreSQL 18 that comes with npm: one cluster on 127.0.0.1, for demo, tests and benches.
 * Runs as root or not, below a 0700 home, after `npm ci --ignore-scripts`; no server outlives its launcher.
 * Provinces and the hub bring a server of their own.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { openDatabase } from '../../shared/db/database.ts';
import { CLUSTER_USER, ensureCluster } from './embedded/cluster.ts';
import { findPlace, type Place } from './embedded/place.ts';
import { launchServer, type ServerProcess } from './embedded/server.ts';
import { type ServerSettings, serverSettings } from './embedded/settings.ts';
import { createDatabase, dropDatabase } from './server-admin.ts';

export interface EmbeddedOptions {
  /** Data directory; made, with a new cluster in it, if it is missing or empty. Nothing else may use it. */
  readonly dataDir: string;
  /** A free one unless told. */
  readonly port?: number;
  /** On top of embedded/settings.ts. */
  readonly settings?: ServerSettings;
  /** Whether commits survive a power cut; true unless told. */
  readonly durable?: boolean;
  /** Remove the data directory at the end, also when we are killed; false unless told. */
  readonly temporary?: boolean;
}

/** A running server. Disposing stops it and cuts its connections off. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** With the password in it: for programs that we start, never for logs. */
  url(database: string): string;
  /** Creates a database, empty or as a copy of `template`, which nobody may be connected to. */
  createDatabase(name: string, template?: string): Promise<void>;
  /** Drops a database with its connections; one that is not there is no error. */
  dropDatabase(name: string): Promise<void>;
  /** Resolves when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const PORT_ATTEMPTS = 5;

/**
 * Starts a server on `dataDir`, ready for connections when this resolves (0.1 s; a new cluster 0.7 s). Throws
 * FAILED_PRECONDITION: NO_EMBEDDED_POSTGRES, NO_ACCOUNT_FOR_POSTGRES, DATA_DIRECTORY_NOT_OURS; UNAVAILABLE:
 * EMBEDDED_POSTGRES_FAILED with the end of its log as cause.
 */
export async function startPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const place = await findPlace(dataDir);
  const directories = [
    ...(options.temporary ? [dataDir] : []),
    ...(place.installation.temporary ? [place.installation.directory] : []),
  ];
  const cleanUp = async () => {
    for (const directory of directories) await rm(directory, { recursive: true, force: true });
  };
  try {
    const password = await ensureCluster(place.installation.directory, place.account, dataDir);
    const { port, server } = await launchOnPort({ ...options, dataDir }, place, directories);
    return handleOf({ port, password, server, fast: options.temporary ?? false, cleanUp });
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function launchOnPort(options: EmbeddedOptions, place: Place, directories: readonly string[]) {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await findFreePort());
    try {
      const server = await launchServer({
        program: join(place.installation.directory, 'bin', 'postgres'),
        account: place.account,
        dataDir: options.dataDir,
        settings: { ...serverSettings(port, options.durable ?? true), ...options.settings },
        watchdog: { signal: options.temporary ? 'QUIT' : 'INT', directories },
      });
      return { port, server };
    } catch (error) {
      // Between our finding a port and the server's taking it, another program may have been faster.
      const log = await readFile(join(options.dataDir, 'server.log'), 'utf8').catch(() => '');
      const taken = log.includes('could not create any TCP/IP sockets');
      if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function handleOf(running: {
  port: number;
  password: string;
  server: ServerProcess;
  fast: boolean;
  cleanUp: () => Promise<void>;
}): EmbeddedPostgres {
  const { port, server } = running;
  const url = (database: string) =>
    `postgres://${CLUSTER_USER}:${running.password}@127.0.0.1:${port}/${database}`;
  const openAdmin = () => openDatabase(url('postgres'), { max: 1, name: 'launcher' });
  return {
    pid: server.pid,
    port,
    url,
    exited: server.exited,
    async createDatabase(name, template) {
      await using db = openAdmin();
      await createDatabase(db.sql, name, template);
    },
    async dropDatabase(name) {
      await using db = openAdmin();
      await dropDatabase(db.sql, name);
    },
    async [Symbol.asyncDispose]() {
      await server.stop(running.fast);
      await running.cleanUp();
    },
  };
}

/** A port of 127.0.0.1 that nothing listened on a moment ago. */
export function findFreePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
