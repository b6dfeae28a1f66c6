/**
 * A province's audit log as it arrives: pages of hashes, with the texts of the questions that it answered.
 */
import type { ReadAuditLogResponse } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { unpackHashes } from '../../shared/grpc/checkpoint-messages.ts';
import { unpackUint32 } from '../../shared/grpc/trace-messages.ts';
import type { ProvinceLink } from '../provinces/province-link.ts';
import type { LogPage } from './shown-log.ts';

const DEADLINE_MS = 600_000;

/**
 * Pages of the log behind `link`; the first has the checkpoint. Throws as calls do, and INVALID_ARGUMENT
 * MALFORMED_COLUMNS.
 */
export async function* readLog(link: ProvinceLink): AsyncGenerator<LogPage> {
  const options = { deadlineMs: DEADLINE_MS, signal: new AbortController().signal };
  for await (const page of link.tracing.readAuditLog({}, options)) yield pageFromWire(page);
}

function pageFromWire({ checkpoint, hashes, answeredAt, answered }: ReadAuditLogResponse): LogPage {
  const positions = unpackUint32(answeredAt, 'answered_at');
  const texts = new Map(answered.map((text, i) => [positions[i] ?? -1, text]));
  return {
    checkpoint: checkpoint || undefined,
    leaves: unpackHashes(hashes).map((hash, i) => ({ hash, answered: texts.get(i) })),
  };
}
