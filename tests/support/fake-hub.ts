/**
 * A hub that speaks the real protocol over real mTLS, remembers what nodes sent it, and fails on demand. It
 * verifies openings as the hub does and assembles nothing: what `getTrace` says is up to the test.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { takePorts } from '../../deploy/federation/ports.ts';
import { type Authority, createAuthority } from '../../deploy/pki/authority.ts';
import { issueRules } from '../../hub/packs/operations.ts';
import { connectHub, type HubLink } from '../../node/federation/hub/hub.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { AppError, receivedError } from '../../shared/errors.ts';
import type { TraceStatusSchema } from '../../shared/gen/truyvet/v1/common_pb.ts';
import { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { type GrpcServer, startGrpcServer } from '../../shared/grpc/server.ts';
import { type Handlers, implement } from '../../shared/grpc/service.ts';
import { type Opening, verifyOpening } from '../../shared/signed/opening.ts';

export interface FakeHub extends AsyncDisposable {
  /** Openings accepted, in order. */
  readonly opened: Opening[];
  /** Texts of all openings that arrived, accepted or not. */
  readonly received: string[];
  readonly closed: string[];
  /** Ids that each call of `getTraces` named. */
  readonly listed: (readonly string[])[];
  /** Ids that `getTrace` was asked for, in order. */
  readonly asked: string[];
  /** What the next calls of a method throw. */
  readonly faults: Partial<Record<'openTrace' | 'closeTrace' | 'getTrace' | 'listRules', AppError>>;
  /** While set, `openTrace` waits for it before it answers. */
  gate: Promise<void> | undefined;
  /** What `getTrace` answers; NOT_FOUND without one. */
  readonly statuses: Map<string, MessageInitShape<typeof TraceStatusSchema>>;
  /** What `exchangeCheckpoints` does; UNIMPLEMENTED without one. */
  exchange: Handlers<typeof FederationService>['exchangeCheckpoints'] | undefined;
  /** Packs that `listRules` answers. */
  signedRules: readonly string[];
  readonly warrantKeys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly openingKey: KeyObject;
  /** A node's connection to it, as province 24. */
  readonly link: HubLink;
  stop(): Promise<void>;
  /** On the same port as before. */
  start(): Promise<void>;
}

/** A running hub that knows province 24. */
export async function startFakeHub(): Promise<FakeHub> {
  const authority = await createAuthority();
  const warrantKeys = generateKeyPairSync('ed25519');
  const opening = generateKeyPairSync('ed25519');
  const [port] = await takePorts(1);
  const address = `127.0.0.1:${port}`;
  const tls = await authority.issue({ kind: 'node', province: '24' });
  const state = {
    ...{
      opened: [],
      received: [],
      closed: [],
      alarms: [],
      listed: [],
      asked: [],
      faults: {},
      statuses: new Map(),
      warrantKeys,
    },
    signedRules: (await issueRules(warrantKeys.privateKey)).signed,
    openingKey: opening.privateKey,
  } as unknown as FakeHub;
  const service = implement(FederationService, handlers(state, new Map([['24', opening.publicKey]])));
  let server: GrpcServer | undefined = await listen(authority, address, service);
  const link = connectHub({ address, tls, protocol: 1 });
  const hub = Object.assign(state, {
    link,
    start: async () => {
      server = await listen(authority, address, service);
    },
    stop: async () => {
      await server?.[Symbol.asyncDispose]();
      server = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]();
      await hub.stop();
    },
  });
  return hub;
}

async function listen(authority: Authority, address: string, service: ReturnType<typeof implement>) {
  const tls = await authority.issue({ kind: 'hub' });
  const logger = pino({ enabled: false });
  return startGrpcServer({ listen: address, tls, services: [service], logger, drainMs: 50 });
}

function handlers(
  hub: FakeHub,
  provinces: ReadonlyMap<string, KeyObject>,
): Handlers<typeof FederationService> {
  const failIfTold = (method: keyof FakeHub['faults']) => {
    const fault = hub.faults[method];
    if (fault) throw fault;
  };
  return {
    ...elsewhere,
    evaluate: async () => {
      throw receivedError('UNIMPLEMENTED', 'UNIMPLEMENTED', 'no key service here', {});
    },
    listRules: async () => {
      failIfTold('listRules');
      return { packs: [...hub.signedRules] };
    },
    exchangeCheckpoints: async (request, call) => {
      if (!hub.exchange) throw receivedError('UNIMPLEMENTED', 'UNIMPLEMENTED', 'no audit log here', {});
      return hub.exchange(request, call);
    },
    reportStatus: async () => ({ nextInMs: 60_000 }),
    reportFederationKeys: async () => ({}),
    putKeyWraps: async () => ({}),
    listKeyWraps: async () => ({}),
    openTrace: async ({ opening: jws }) => {
      hub.received.push(jws);
      failIfTold('openTrace');
      const opening = await verifyOpening(jws, provinces, nowSeconds(systemClock));
      hub.opened.push(opening);
      await hub.gate;
      return { traceId: opening.trace_id, countersignature: '' };
    },
    takeOverContact: async () => ({}),
    closeTrace: async ({ traceId }) => {
      failIfTold('closeTrace');
      hub.closed.push(traceId);
      return {};
    },
    getTrace: async ({ traceId }) => {
      hub.asked.push(traceId);
      failIfTold('getTrace');
      const status = hub.statuses.get(traceId);
      if (!status) throw new AppError('NOT_FOUND', 'TRACE_UNKNOWN', 'no such trace');
      return { status };
    },
    getTraces: async ({ traceIds }) => {
      hub.listed.push(traceIds);
      failIfTold('getTrace');
      const known = traceIds.map((id) => ({ ...hub.statuses.get(id), traceId: id }));
      return { statuses: known.filter(({ traceId }) => hub.statuses.has(traceId)) };
    },
  };
}

/** What no test of this hub asks for. */
const elsewhere = {
  listProvinces: notHere,
  renewCertificate: notHere,
};

async function notHere(): Promise<never> {
  throw receivedError('UNIMPLEMENTED', 'UNIMPLEMENTED', 'not at this hub', {});
}
