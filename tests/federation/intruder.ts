/**
 * Somebody with real keys and bad intentions: what a hub, a node or a stranger would say to a running
 * federation, and proof that nothing is changed by it. One federation a test file, set up around a trace that
 * is complete.
 */
import { readFile } from 'node:fs/promises';
import { credentials, Client as GrpcClient, Metadata } from '@grpc/grpc-js';
import { expect } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { type Channel, createChannel, createClient } from '../../shared/grpc/client.ts';
import { demandPeer, type Peer, peerName } from '../../shared/grpc/peer.ts';
import { readTlsMaterial, secureContext, type TlsMaterial } from '../../shared/grpc/tls.ts';
import {
  type Opening,
  openingSha256,
  readAdmittedOpening,
  signOpening,
  signWarrant,
} from '../../shared/signed/opening.ts';
import { loadPrivateKey } from '../../shared/signed/opening-keys.ts';
import { converges, createWorld, importWorld, open, PROVINCES, pickRequest, rowsOf } from './scenario.ts';

export const HUB: Peer = { kind: 'hub' };
export const node = (province: string): Peer => ({ kind: 'node', province });

export let federation: Federation;
export let wiring: Wiring;
/**
 * A complete trace, the province that opened it, one that did not, and its opening with the hub's signature.
 */
export let traceId: string;
export let owner: string;
export let other: string;
export let pair: { opening: string; countersignature: string };
export let opening: Opening;
const channels: Channel[] = [];
const databases = new Map<string, Database>();

/** Starts a federation and runs the trace that is tampered with. */
export async function setUp(): Promise<void> {
  federation = await createWorld({
    intercept: async (planned) => {
      wiring = planned;
      return {};
    },
  });
  const imported = await importWorld(federation, 22);
  const picked = pickRequest(imported.world, ({ direction }) => direction === 'forward');
  owner = picked.owner;
  other = PROVINCES.find((province) => province !== owner) as string;
  traceId = await open(federation, imported, picked.request);
  await converges(federation, traceId, { at: owner, expected: picked.expected });
  const [row] = await rowsOf<typeof pair>(
    federation.hub,
    `SELECT opening, countersignature FROM openings WHERE trace_id = '${traceId}'`,
  );
  pair = row as typeof pair;
  opening = readAdmittedOpening(pair.opening);
  for (const { name, databaseUrl } of [federation.hub, ...federation.nodes]) {
    databases.set(name, openDatabase(databaseUrl, { max: 1, name: 'test' }));
  }
}

export async function tearDown(): Promise<void> {
  for (const channel of channels.splice(0)) channel.close();
  shared.clear();
  for (const db of databases.values()) await db[Symbol.asyncDispose]();
  databases.clear();
  await federation?.[Symbol.asyncDispose]();
}

export const tlsOf = (peer: Peer) => readTlsMaterial(wiring.keys.tls(peer));
export const patience = () => ({ deadlineMs: 10_000, signal: new AbortController().signal });

export function channelTo(peer: Peer, tls: TlsMaterial): Channel {
  return openChannel(addressOf(peer), { tls, expectPeer: peer });
}
/** From one program to another, whom it takes for somebody else. */
export const channelBetween = ({ from, to, expecting }: { from: Peer; to: Peer; expecting: Peer }) =>
  openChannel(addressOf(to), { tls: tlsOf(from), expectPeer: expecting });

function openChannel(address: string, as: { tls: TlsMaterial; expectPeer: Peer }): Channel {
  const channel = createChannel({ address, ...as });
  channels.push(channel);
  return channel;
}
function addressOf(peer: Peer): string {
  return peer.kind === 'node' ? federation.node(peer.province).grpcAddress : federation.hub.grpcAddress;
}
/** One connection for all calls between two programs: a peer may not have many. */
function sharedChannel(from: Peer, to: Peer): Channel {
  const name = `${peerName(from)} ${peerName(to)}`;
  const channel = shared.get(name) ?? channelTo(to, tlsOf(from));
  shared.set(name, channel);
  return channel;
}
const shared = new Map<string, Channel>();
/** A node's tracing as `from` calls it, a hub's services likewise. */
export const tracingOf = (province: string, from: Peer = HUB) =>
  createClient(TracingService, sharedChannel(from, node(province)));
export const hubAs = (from: Peer) => createClient(FederationService, sharedChannel(from, HUB));

export const signedBy = async (province: string, changes: Partial<Opening>, by = province) => {
  const key = loadPrivateKey(await readFile(wiring.keys.openingKeyFile(by), 'utf8'));
  return signOpening({ ...opening, province, ...changes }, key);
};
export const warrantFor = async (jws: string, changes: object = {}, keyFile = wiring.keys.warrantKeyFile) => {
  const { trace_id, revision, expires_at } = readAdmittedOpening(jws);
  const warrant = {
    ...{ trace_id, revision, expires_at, opening_sha256: openingSha256(jws) },
    ...{ issued_at: opening.as_of, budget: { questions: 1000, persons: 1_000_000 } },
  };
  return signWarrant({ ...warrant, ...changes }, loadPrivateKey(await readFile(keyFile, 'utf8')));
};
export const pairOf = async (jws: string, changes?: object) => ({
  opening: jws,
  countersignature: await warrantFor(jws, changes),
});

/** A refusal's code and reason, and its message. */
interface Refusal {
  readonly is: string;
  readonly message: string;
}

/** What the caller of `attempt` hears. */
export async function heard(attempt: () => unknown): Promise<Refusal> {
  try {
    const answer = await attempt();
    if (answer && typeof answer === 'object' && Symbol.asyncIterator in answer) {
      for await (const _ of answer as AsyncIterable<unknown>);
    }
  } catch (error) {
    if (error instanceof AppError) return { is: `${error.code} ${error.reason}`, message: error.message };
    throw error;
  }
  throw new Error('was not refused');
}

/** Rows of every table of every program, the audit log left out: a refusal is on record. */
export async function rowCounts(): Promise<Record<string, number>> {
  const counts = await Promise.all(
    [...databases].map(async ([name, db]) => {
      const tables = await db.sql<{ name: string }[]>`
        SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_name NOT LIKE 'audit%'`;
      const union = tables.map((t) => `SELECT '${t.name}' AS name, count(*)::int AS n FROM ${t.name}`);
      const rows = await db.sql.unsafe<{ name: string; n: number }[]>(union.join(' UNION ALL '));
      return rows.map((row): [string, number] => [`${name} ${row.name}`, row.n]);
    }),
  );
  return Object.fromEntries(counts.flat());
}

/** Runs `attempt`; what its caller hears, once it is sure that nothing was changed. */
export async function refused(attempt: () => unknown): Promise<Refusal> {
  const before = await rowCounts();
  const failure = await heard(attempt);
  expect(await rowCounts()).toEqual(before);
  return failure;
}

/** A call by hand: no limits of ours, no deadline unless told. */
export const byHand = (request: { to: Peer; from: Peer; path: string; bytes: Buffer; deadline?: number }) => {
  const { to: peer, from, path, bytes, deadline } = request;
  const address = addressOf(peer);
  const secure = credentials.createFromSecureContext(secureContext(tlsOf(from)), {
    checkServerIdentity: demandPeer(peer),
  });
  const client = new GrpcClient(address, secure, {
    'grpc.ssl_target_name_override': 'x',
    'grpc.max_send_message_length': -1,
  });
  return new Promise<{ code: number; details: string; reason: string }>((resolve) => {
    const same = (value: Buffer) => value;
    const done = (error: { code: number; details: string; metadata: Metadata } | null) => {
      client.close();
      const [wire] = error?.metadata.get('truyvet-error-bin') ?? [];
      const { reason = '' } = wire ? JSON.parse(wire.toString()) : {};
      resolve({ code: error?.code ?? 0, details: error?.details ?? '', reason });
    };
    client.makeUnaryRequest(path, same, same, bytes, new Metadata(), deadline ? { deadline } : {}, done);
  });
};
