/**
 * The hub's enrolment listener and its renewals as a node sees them: messages in, domain types out.
 */
import { EnrolmentService, EnrolmentState } from '../../../shared/gen/truyvet/v1/enrolment_pb.ts';
import type { FederationService } from '../../../shared/gen/truyvet/v1/federation_pb.ts';
import { type Client, createChannel, createClient } from '../../../shared/grpc/client.ts';

/** How a request stands. */
export type EnrolmentAnswer =
  | { readonly state: 'pending'; readonly askAgainInMs: number }
  | { readonly state: 'rejected' }
  | {
      readonly state: 'approved';
      /** PEM. */
      readonly certificate: string;
      /** What the CA states of the province and of the hub, compact JWS. */
      readonly statement: string;
      readonly hubStatement: string;
      readonly hubAddress: string;
      /** What it states of the key service's keys. */
      readonly oprfStatements: readonly string[];
    };

export interface EnrolmentDoor extends AsyncDisposable {
  /** Asks, or asks again. Rejects as the hub refuses, and UNAVAILABLE. */
  ask(question: {
    readonly invitation: string;
    readonly secret: string;
    readonly request: string;
  }): Promise<EnrolmentAnswer>;
}

const DEADLINE_MS = 10_000;

/** The hub's door for newcomers at `address`, behind a certificate of `ca` (PEM) for the hub. */
export function openEnrolmentDoor(address: string, ca: string, signal: AbortSignal): EnrolmentDoor {
  const channel = createChannel({ address, tls: { ca }, expectPeer: { kind: 'hub' } });
  const client = createClient(EnrolmentService, channel);
  return {
    ask: async (question) => {
      const answer = await client.enrol(question, { deadlineMs: DEADLINE_MS, signal });
      const { certificate, statement, hubStatement, hubAddress, oprfStatements } = answer;
      if (answer.state === EnrolmentState.REJECTED) return { state: 'rejected' };
      if (answer.state === EnrolmentState.APPROVED)
        return { state: 'approved', certificate, statement, hubStatement, hubAddress, oprfStatements };
      return { state: 'pending', askAgainInMs: Math.max(200, answer.askAgainInMs) };
    },
    [Symbol.asyncDispose]: async () => channel.close(),
  };
}

/** Asks for a new certificate (PEM); undefined while the operator of the CA has not signed. */
export type AskRenewal = (csr: Uint8Array, signal: AbortSignal) => Promise<string | undefined>;

/** Renewals at the hub. */
export function hubRenewals(client: Client<typeof FederationService>): AskRenewal {
  return async (csr, signal) => {
    const { certificate } = await client.renewCertificate({ csr }, { deadlineMs: DEADLINE_MS, signal });
    return certificate === '' ? undefined : certificate;
  };
}
