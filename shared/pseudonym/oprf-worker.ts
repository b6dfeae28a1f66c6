/**
 * Entry of a worker thread of oprf-pool.ts. The hub's key and the nodes' blinds live here: no answer carries
 * them. Runs as built JavaScript only.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError, toAppError } from '../errors.ts';
import * as oprf from './oprf.ts';
import type { OprfRequest, OprfResponse, OprfWorkerData } from './oprf-messages.ts';

const { key } = workerData as OprfWorkerData;
const batches = new Map<number, oprf.BlindingState>();

await oprf.oprfReady();
parentPort?.on('message', (request: OprfRequest) => {
  const response = respond(request);
  const transfer = 'column' in response ? [response.column.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(response, transfer);
});

function respond(request: OprfRequest): OprfResponse {
  try {
    return { id: request.id, column: columnFor(request) };
  } catch (error) {
    const { code, reason, message } = toAppError(error);
    return { id: request.id, error: { code, reason, message } };
  }
}

/** A column of its own buffer, for it is transferred. */
function columnFor(request: OprfRequest): Uint8Array {
  switch (request.kind) {
    case 'ready':
      return new Uint8Array();
    case 'evaluate':
      if (key === undefined) throw new AppError('FAILED_PRECONDITION', 'OPRF_NO_KEY', 'OPRF: no key here');
      return oprf.evaluate(key, request.column);
    case 'blind': {
      const inputs = request.identifiers.map((identifier) => new Uint8Array(Buffer.from(identifier)));
      const { blinded, state } = oprf.blind(inputs);
      batches.set(request.batch, state);
      return blinded;
    }
    case 'finalize': {
      const state = batches.get(request.batch);
      if (state === undefined)
        throw new AppError('UNAVAILABLE', 'OPRF_BATCH_LOST', 'OPRF: the batch is gone');
      batches.delete(request.batch);
      return oprf.tokensOfOutputs(oprf.finalize(state, request.column));
    }
    case 'discard':
      batches.delete(request.batch);
      return new Uint8Array();
  }
}
