/**
 * Instants and dates as JSON shows and takes them: UTC, whole seconds, `2021-06-01T08:00:00Z`.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant, readDate, readInstant } from '../domain/instant.ts';
import type { Reading } from '../domain/reading.ts';
import { refuse } from '../shape-errors.ts';

/** ISO 8601, or null for null. */
export function isoInstantOrNull(seconds: number | null): string | null {
  return seconds === null ? null : isoInstant(seconds);
}

/** ISO 8601 with offset, to epoch seconds; fractions are cut off. From 1970 to 2106. */
export const instantInput = z
  .string()
  .transform(reading(readInstant))
  .openapi({ type: 'string', format: 'date-time', example: '2021-06-01T08:00:00+07:00' });

/** `isoInstant` in an answer. */
export const instantOutput = z
  .string()
  .openapi({ type: 'string', format: 'date-time', example: '2021-06-01T01:00:00Z' });

/** A calendar date that exists, `YYYY-MM-DD`. */
export const dateInput = z
  .string()
  .transform(reading(readDate))
  .openapi({ type: 'string', format: 'date', example: '2021-06-01' });

function reading<T>(read: (text: string) => Reading<T>) {
  return (text: string, ctx: z.RefinementCtx): T => {
    const found = read(text);
    if (found.reason === undefined) return found.value as T;
    return refuse(ctx, found);
  };
}
