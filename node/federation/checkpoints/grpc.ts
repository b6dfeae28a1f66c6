/**
 * The audit log on the wire: the exchange of checkpoints with the hub (proto FederationService), and what the
 * hub reads of it (proto TracingService).
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FederationService } from '../../../shared/gen/truyvet/v1/federation_pb.ts';
import type {
  ReadAuditLogResponseSchema,
  TracingService,
} from '../../../shared/gen/truyvet/v1/tracing_pb.ts';
import {
  presentedFromWire,
  presentedToWire,
  reasonFromWire,
  sizeFromWire,
} from '../../../shared/grpc/checkpoint-messages.ts';
import type { Client } from '../../../shared/grpc/client.ts';
import type { Handlers } from '../../../shared/grpc/service.ts';
import { packUint32 } from '../../../shared/grpc/trace-messages.ts';
import type { HubCheckpoints } from './exchange.ts';
import { type NodeAuditCtx, showLog } from './operations.ts';

const DEADLINE_MS = 10_000;

/** The hub's side of the exchange, over the node's one connection to it. */
export function hubCheckpoints(client: Client<typeof FederationService>): HubCheckpoints {
  return async ({ own, heldSize, conflict }, signal) => {
    const answer = await client.exchangeCheckpoints(
      { own: presentedToWire(own), heldSize: BigInt(heldSize), conflict: conflict ?? '' },
      { deadlineMs: DEADLINE_MS, signal },
    );
    return {
      own: presentedFromWire(answer.own),
      heldSize: sizeFromWire(answer.heldSize),
      conflict: reasonFromWire(answer.conflict),
    };
  };
}

/** The handler of TracingService.ReadAuditLog. */
export function auditHandlers(ctx: NodeAuditCtx): Pick<Handlers<typeof TracingService>, 'readAuditLog'> {
  return { readAuditLog: () => logToWire(ctx) };
}

async function* logToWire(
  ctx: NodeAuditCtx,
): AsyncGenerator<MessageInitShape<typeof ReadAuditLogResponseSchema>> {
  for await (const part of showLog(ctx)) {
    if ('checkpoint' in part) {
      yield part;
      continue;
    }
    const hashes = Buffer.concat(part.leaves.map(({ hash }) => hash));
    const texts = part.leaves.map(({ answered }) => answered);
    const at = texts.flatMap((text, i) => (text === null ? [] : [i]));
    const answered = texts.filter((text) => text !== null);
    yield { hashes, answeredAt: packUint32(Uint32Array.from(at)), answered };
  }
}
