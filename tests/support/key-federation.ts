/**
 * Provinces that pass the federation key among themselves through a real hub database over real gRPC, with
 * their own databases and key files, and time in the hands of the test: nothing happens but what it asks for.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { takePorts } from '../../deploy/federation/ports.ts';
import { type Authority, createAuthority } from '../../deploy/pki/authority.ts';
import { federationKeyHandlers } from '../../hub/federation-keys/grpc.ts';
import { KeyCourier } from '../../node/federation/keys/courier.ts';
import { hubKeys } from '../../node/federation/keys/hub.ts';
import { FEDERATION_KEYS_FILE } from '../../node/federation/keys/key-file.ts';
import { KeyRing } from '../../node/federation/keys/key-ring.ts';
import type { EnrolledProvince, KeyOptions } from '../../node/federation/keys/key-view.ts';
import type { FederationKeysCtx } from '../../node/federation/keys/operations.ts';
import type { Caller } from '../../shared/acts/access.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { Disposal } from '../../shared/disposal.ts';
import { receivedError } from '../../shared/errors.ts';
import { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { createChannel, createClient } from '../../shared/grpc/client.ts';
import { startGrpcServer } from '../../shared/grpc/server.ts';
import { implement } from '../../shared/grpc/service.ts';
import { fingerprintOf, type ProvinceStatement } from '../../shared/signed/province-statement.ts';
import { createTestDatabase } from './database.ts';

/** A province's keys and what the federation CA says of them. */
export interface Party {
  readonly statement: ProvinceStatement;
  readonly openingKey: KeyObject;
  readonly enrolmentKey: KeyObject;
  readonly fingerprint: string;
}

export interface KeyNode extends Party {
  readonly province: string;
  readonly db: Database;
  readonly caller: Caller;
  /** Path of its key file. */
  readonly file: string;
  readonly forgotten: number[];
  readonly hub: ReturnType<typeof hubKeys>;
  /** Changes with `restart`. */
  ctx: FederationKeysCtx & { readonly courier: KeyCourier };
  /** The node ends and begins again from its file. */
  restart(): Promise<void>;
  /** Actions, outcomes and reasons on its record, in order. */
  record(): Promise<string[]>;
}

export interface KeyFederation extends AsyncDisposable {
  readonly hubDb: Database;
  /** Log lines of all programs. */
  readonly logged: string[];
  /** What every node hears of whom; a test may add and revoke. */
  readonly enrolled: Map<string, EnrolledProvince>;
  nowMs: number;
  node(province: string): Promise<KeyNode>;
}

/** A statement and its keys; it stands under no signature, for these tests begin after that check. */
export function newParty(province: string): Party {
  const opening = generateKeyPairSync('ed25519');
  const enrolment = generateKeyPairSync('x25519');
  const statement = {
    ...{ version: 1, province, issued_at: 1_795_651_200, serial: '00112233445566778899' },
    opening: opening.publicKey.export({ format: 'jwk' }),
    enrolment: enrolment.publicKey.export({ format: 'jwk' }),
    tls_spki_sha256: 'ab'.repeat(32),
  } as ProvinceStatement;
  const fingerprint = fingerprintOf(statement);
  return { statement, openingKey: opening.privateKey, enrolmentKey: enrolment.privateKey, fingerprint };
}

/** A running hub without provinces. */
export async function startKeyFederation(): Promise<KeyFederation> {
  const stack = new Disposal();
  const authority = await createAuthority();
  const { db: hubDb } = stack.use(await createTestDatabase('hub'));
  const logged: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const federation = {
    hubDb,
    logged,
    enrolled: new Map(),
    nowMs: 1_795_660_000_000,
  } as unknown as KeyFederation;
  const clock: Clock = { nowMs: () => federation.nowMs, sleep: sleepForEver };
  const [port] = await takePorts(1);
  const address = `127.0.0.1:${port}`;
  const others = FederationService.methods.map(({ localName }) => [localName, notServed]);
  const handlers = { ...Object.fromEntries(others), ...federationKeyHandlers({ db: hubDb, clock }) };
  const service = implement(FederationService, handlers as never);
  const tls = await authority.issue({ kind: 'hub' });
  stack.use(await startGrpcServer({ listen: address, tls, services: [service], logger, drainMs: 50 }));
  const directory = await mkdtemp(join(tmpdir(), 'truyvet-keys-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const world = { federation, stack, authority, address, clock, logger, directory };
  return Object.assign(federation, {
    node: (province: string) => startNode(world, province),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  });
}

interface World {
  readonly federation: KeyFederation;
  readonly stack: Disposal;
  readonly authority: Authority;
  readonly address: string;
  readonly clock: Clock;
  readonly logger: pino.Logger;
  readonly directory: string;
}

async function startNode(world: World, province: string): Promise<KeyNode> {
  const { federation, stack, authority, address, clock, directory } = world;
  const party = newParty(province);
  federation.enrolled.set(province, { statement: party.statement, revoked: false });
  const { db } = stack.use(await createTestDatabase('node'));
  const tls = await authority.issue({ kind: 'node', province });
  const channel = createChannel({ address, tls, expectPeer: { kind: 'hub' } });
  stack.defer(async () => channel.close());
  const stop = new AbortController();
  const hub = hubKeys(createClient(FederationService, channel), stop.signal);
  const node = {
    ...{
      ...party,
      province,
      db,
      hub,
      forgotten: [],
      file: join(directory, `${province}-${FEDERATION_KEYS_FILE}`),
    },
    caller: operatorOf(province),
    record: () => recordOf(db),
  } as unknown as KeyNode;
  const begin = async () => {
    const me = { holder: party.statement, openingKey: party.openingKey, enrolmentKey: party.enrolmentKey };
    const ring = await KeyRing.open(node.file);
    const onForgotten = (generations: readonly number[]) => void node.forgotten.push(...generations);
    const provinces = async () => [...federation.enrolled.values()];
    const { logger } = world;
    const courier = new KeyCourier({ db, clock, logger, ring, me, hub, provinces, onForgotten });
    await courier.sync();
    node.ctx = { db, clock, ring, me, courier };
  };
  node.restart = async () => {
    await node.ctx.courier[Symbol.asyncDispose]();
    await begin();
  };
  await begin();
  stack.defer(() => node.ctx.courier[Symbol.asyncDispose]());
  return node;
}

/** Nothing wakes by itself. */
async function sleepForEver(_ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
}

/**
 * The keys of province 24, which holds generation 1 and knows of province 79, at whatever hub: for tests of
 * what stands around them. Torn down with `stack`.
 */
export async function startLoneKeys(
  stack: Disposal,
  { hub, ...parts }: Pick<KeyOptions, 'db' | 'clock' | 'logger' | 'hub'>,
): Promise<FederationKeysCtx> {
  const directory = await mkdtemp(join(tmpdir(), 'truyvet-keys-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, FEDERATION_KEYS_FILE);
  await writeFile(file, JSON.stringify({ keys: { 1: '07'.repeat(32) } }), { mode: 0o600 });
  const { statement: holder, openingKey, enrolmentKey } = newParty('24');
  const me = { holder, openingKey, enrolmentKey };
  const enrolled = [holder, newParty('79').statement].map((statement) => ({ statement, revoked: false }));
  const ring = await KeyRing.open(file);
  const courier = stack.use(
    new KeyCourier({
      ...{ ...parts, ring, me, hub, provinces: async () => enrolled, onForgotten: () => undefined },
      clock: { ...parts.clock, sleep: sleepForEver },
    }),
  );
  await courier.sync();
  return { db: parts.db, clock: parts.clock, ring, me, courier };
}

/** The hub's other services have no part in this. */
async function notServed(): Promise<never> {
  throw receivedError('UNIMPLEMENTED', 'UNIMPLEMENTED', 'not served here', {});
}

function operatorOf(province: string): Caller {
  return {
    subject: `operator of ${province}`,
    actor: { kind: 'person', id: `operator of ${province}` },
    grants: [{ role: 'operator', area: province }],
    expiresAt: 0xffff_ffff,
  };
}

async function recordOf({ sql }: Database): Promise<string[]> {
  const rows = await sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id`;
  return rows
    .map(({ body }) => JSON.parse(body) as { action: string; outcome: string; reason?: string })
    .map(({ action, outcome, reason }) => [action, outcome, reason].filter((word) => word).join(' '));
}
