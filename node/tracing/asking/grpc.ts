/**
 * TracingService as the node serves it: decode, one operation, encode.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { AppError, invalidField } from '../../../shared/errors.ts';
import {
  type AssignRequest,
  type TraceRequest,
  type TraceResponseSchema,
  TracingService,
} from '../../../shared/gen/truyvet/v1/tracing_pb.ts';
import {
  type Handlers,
  type IncomingCall,
  implement,
  type ServiceImplementation,
} from '../../../shared/grpc/service.ts';
import {
  fragmentsOf,
  questionFromWire,
  SEQ_LIMIT,
  unpackUint32,
} from '../../../shared/grpc/trace-messages.ts';
import { PROTOCOL } from '../../../shared/trace/messages.ts';
import { applyDelivery, type DeliveredContact, type Delivery } from '../contacts/operations.ts';
import { admitWarrant } from './admission.ts';
import { untilCut } from './cut-off.ts';
import { type AskedTrace, answerQuestion, type TracingCtx } from './operations.ts';

/** The wire's version, one step for each change that a peer can notice (PROTOCOL). */
export const PROTOCOL_VERSION = PROTOCOL.records;

/** Handlers of TracingService; those of other features are given. */
export function tracingService(
  ctx: TracingCtx,
  others: Pick<Handlers<typeof TracingService>, 'readAuditLog'>,
): ServiceImplementation {
  return implement(TracingService, {
    ...others,
    trace: (requests, call) => answerAll(ctx, requests, call),
    assign: async (request) => ({ applied: await applyDelivery(ctx, deliveryFromWire(request)) }),
  });
}

async function* answerAll(
  ctx: TracingCtx,
  requests: AsyncIterable<TraceRequest>,
  call: IncomingCall,
): AsyncGenerator<MessageInitShape<typeof TraceResponseSchema>> {
  let trace: AskedTrace | undefined;
  const cut = new AbortController();
  const stopListening = ctx.onRevoked((province) => {
    if (trace?.opening.province === province) cut.abort(revoked());
  });
  try {
    for await (const { message, protocol } of untilCut(requests, cut.signal)) {
      if (message.case === 'warrant') {
        const { opening, countersignature } = message.value;
        const admitted = await admitWarrant(ctx, { opening, countersignature }, trace?.opening.trace_id);
        trace = { ...admitted, protocol: Math.min(PROTOCOL_VERSION, protocol || PROTOCOL.links) };
        const value = { incarnation: BigInt(ctx.incarnation), protocol: PROTOCOL_VERSION };
        yield { message: { case: 'accepted', value } };
      } else if (message.case === 'question') {
        const question = questionFromWire(message.value);
        yield* fragmentsOf(question.seq, await answerQuestion(ctx, trace, question, call.signal));
      }
    }
  } finally {
    stopListening();
  }
}

function revoked(): AppError {
  return new AppError(
    'PERMISSION_DENIED',
    'PROVINCE_REVOKED',
    'the province that opened the trace is revoked',
  );
}

function deliveryFromWire(request: AssignRequest): Delivery {
  const { warrant, traceId, seq } = request;
  if (!warrant) throw new AppError('PERMISSION_DENIED', 'NO_WARRANT', 'a delivery without a warrant');
  if (seq < 1 || seq > SEQ_LIMIT)
    throw invalidField('seq', 'OUT_OF_BOUNDS', { least: 1, most: SEQ_LIMIT }, 'MALFORMED_COLUMNS');
  const { opening, countersignature } = warrant;
  return { traceId, seq, warrant: { opening, countersignature }, contacts: contactsFromWire(request) };
}

function contactsFromWire(request: AssignRequest): DeliveredContact[] {
  const rows = request.contacts.length / 16;
  if (!Number.isInteger(rows))
    throw invalidField('contacts', 'NOT_MULTIPLE', { bytes: 16 }, 'MALFORMED_COLUMNS');
  const first = columnOf(request, 'firstExposedAt', rows);
  const last = columnOf(request, 'lastExposedAt', rows);
  const seconds = columnOf(request, 'seconds', rows);
  const settings = columnOf(request, 'settings', rows);
  const placeKinds = columnOf(request, 'placeKinds', rows);
  const pseudonymCount = columnOf(request, 'pseudonymCount', rows);
  for (const field of ['withdrawn', 'degree', 'exposedInCount'] as const) {
    if (request[field].length !== rows)
      throw invalidField(field, 'WRONG_LENGTH', undefined, 'MALFORMED_COLUMNS');
  }
  if (request.alsoClaimed.length !== rows && request.alsoClaimed.length > 0)
    throw invalidField('alsoClaimed', 'WRONG_LENGTH', undefined, 'MALFORMED_COLUMNS');
  checkTotal('exposedIn', request.exposedIn.length, request.exposedInCount);
  checkTotal('pseudonyms', request.pseudonyms.length / 16, pseudonymCount);
  if (placeKinds.some((bits) => bits > PLACE_KIND_BITS))
    throw invalidField('placeKinds', 'UNKNOWN_PLACE_KIND', { kind: '…' }, 'MALFORMED_COLUMNS');
  const ids = Buffer.from(request.contacts).toString('hex');
  let exposedAt = 0;
  let pseudonymAt = 0;
  return Array.from({ length: rows }, (_, i) => {
    const exposedUntil = exposedAt + (request.exposedInCount[i] as number);
    const pseudonymUntil = pseudonymAt + (pseudonymCount[i] as number) * 16;
    const exposed = request.exposedIn.subarray(exposedAt, exposedUntil);
    const pseudonyms = request.pseudonyms.subarray(pseudonymAt, pseudonymUntil);
    exposedAt = exposedUntil;
    pseudonymAt = pseudonymUntil;
    return {
      id: ids.slice(i * 32, i * 32 + 32),
      withdrawn: request.withdrawn[i] === 1,
      degree: request.degree[i] as number,
      firstExposedAt: first[i] as number,
      lastExposedAt: last[i] as number,
      seconds: seconds[i] as number,
      settings: settings[i] as number,
      placeKinds: placeKinds[i] as number,
      exposedIn: Array.from(exposed, (code) => String(code).padStart(2, '0')),
      // Of an earlier hub it is empty.
      alsoClaimed: request.alsoClaimed[i] === 1,
      pseudonyms,
    };
  });
}

/** Place kinds 1 to 30. */
const PLACE_KIND_BITS = 2 ** 30 - 1;

/** Rows of a column that has as many for each contact as `counts` says. */
function checkTotal(field: 'exposedIn' | 'pseudonyms', rows: number, counts: ArrayLike<number>): void {
  const total = Array.prototype.reduce.call(counts, (sum, n) => (sum as number) + n, 0);
  if (total !== rows) throw invalidField(field, 'WRONG_LENGTH', undefined, 'MALFORMED_COLUMNS');
}

type Uint32Field =
  | 'firstExposedAt'
  | 'lastExposedAt'
  | 'seconds'
  | 'settings'
  | 'placeKinds'
  | 'pseudonymCount';

function columnOf(request: AssignRequest, field: Uint32Field, rows: number): Uint32Array {
  const column = unpackUint32(request[field], field);
  if (column.length !== rows) throw invalidField(field, 'WRONG_LENGTH', undefined, 'MALFORMED_COLUMNS');
  return column;
}
