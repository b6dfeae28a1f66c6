/**
 * The one connection to the national hub, and what tracing and the tokenizer ask of it. Traces and rules
 * bring their own view of the same client.
 */
import { FederationService } from '../../../shared/gen/truyvet/v1/federation_pb.ts';
import { type Channel, type Client, createChannel, createClient } from '../../../shared/grpc/client.ts';
import type { PeerCheck } from '../../../shared/grpc/peer.ts';
import type { TlsMaterial } from '../../../shared/grpc/tls.ts';
import type { ToldKey } from '../oprf-keys/operations.ts';

/** What a node tells of itself, and which answers no longer hold. */
export interface HubReport {
  readonly incarnation: number;
  readonly dataVersion: number;
  /** Newest data received, epoch seconds; 0 = none. */
  readonly dataAt: number;
  readonly stale: readonly { readonly traceId: string; readonly seqs: readonly number[] }[];
  /** Some of the traces that have asked it: whether any of them is over. */
  readonly asking: readonly string[];
  /** Identifiers that it holds without a token. */
  readonly pendingIdentifiers: number;
  /** What came before an answer of this version of the data has its token. */
  readonly tokenizedVersion: number;
  /** Why it answers no question, else empty. */
  readonly refusal: string;
  /** Generations of the OPRF key in which it answers. */
  readonly oprfGenerations: readonly number[];
}

export interface HubReportAnswer {
  readonly nextInMs: number;
  readonly provincesVersion: number;
  /** Which of the traces are closed; an older hub names none. */
  readonly closed: readonly string[];
  /** What its operators should look at in traces that this province has opened. */
  readonly alarms: readonly { readonly traceId: string; readonly reason: string; readonly persons: number }[];
  /** Its key service's keys; an older hub names none. */
  readonly oprfKeys: readonly ToldKey[];
}

export interface HubLink extends AsyncDisposable {
  readonly client: Client<typeof FederationService>;
  readonly state: Channel['state'];
  /** The key service. */
  evaluate(
    blinded: Uint8Array,
    terms: {
      readonly purpose: 'all' | 'cases';
      readonly signal: AbortSignal;
      readonly generation?: number;
    },
  ): Promise<{ evaluated: Uint8Array; generation: number; budgetLow: boolean }>;
  /** The version is that of the hub's list of provinces. */
  report(report: HubReport, signal: AbortSignal): Promise<HubReportAnswer>;
  /** This node's certificate was renewed. */
  useTls(tls: TlsMaterial): void;
  /** The hub's certificate may not be trusted any more. */
  reconnect(): void;
}

/** A batch may wait for those of other provinces. */
const EVALUATE_DEADLINE_MS = 30_000;
const REPORT_DEADLINE_MS = 5_000;

export interface HubLinkOptions {
  /** `host:port`. */
  readonly address: string;
  readonly tls: TlsMaterial;
  /** What else the hub's certificate must be. */
  readonly check?: PeerCheck;
  /** Version of the wire that this program speaks. */
  readonly protocol: number;
}

/** Opens the connection; a hub that is not there yet is no error. */
export function connectHub({ protocol, ...to }: HubLinkOptions): HubLink {
  const channel = createChannel({ ...to, expectPeer: { kind: 'hub' } });
  const client = createClient(FederationService, channel);
  return {
    client,
    get state() {
      return channel.state;
    },
    evaluate: (blinded, { purpose, signal, generation }) =>
      client.evaluate(
        { blinded, forCases: purpose === 'cases', generation: generation ?? 0 },
        { deadlineMs: EVALUATE_DEADLINE_MS, signal },
      ),
    report: async ({ incarnation, dataVersion, tokenizedVersion, stale, asking, ...said }, signal) => {
      const { provincesVersion, ...answer } = await client.reportStatus(
        {
          incarnation: BigInt(incarnation),
          dataVersion: BigInt(dataVersion),
          tokenizedVersion: BigInt(tokenizedVersion),
          ...said,
          oprfGenerations: [...said.oprfGenerations],
          protocol,
          asking: [...asking],
          stale: stale.map(({ traceId, seqs }) => ({ traceId, seqs: [...seqs] })),
        },
        { deadlineMs: REPORT_DEADLINE_MS, signal },
      );
      return { ...answer, provincesVersion: Number(provincesVersion) };
    },
    useTls: (tls) => channel.useTls(tls),
    reconnect: () => channel.reconnect(),
    [Symbol.asyncDispose]: async () => channel.close(),
  };
}
