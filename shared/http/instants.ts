/**
 * Instants and dates as JSON shows and takes them: UTC, whole seconds, `2021-06-01T08:00:00Z`.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant, readDate, readInstant } from '../domain/instant.ts';
import type { Reading } from '../domain/reading.ts';
import { refuse } from '../shape-errors.ts';

/** ISO 8601 with offset, to epoch seconds; fractions are cut off. From 1970 to 2106. */
export const instantInput = z
  .string()
  .transform(reading(readInstant))
  .openapi({ type: 'string', format: 'date-time', example: '2021-06-01T08:00:00+07:00' });

const SHOWN = { type: 'string', format: 'date-time', example: '2021-06-01T01:00:00Z' } as const;

/** An instant that is text already (`isoInstant`), in an answer. */
export const instantText = z.string().openapi(SHOWN);

/** Epoch seconds, in an answer as `isoInstant`. */
export const instantOutput = z
  .codec(z.string(), z.number(), { decode: (text) => Date.parse(text) / 1000, encode: isoInstant })
  .openapi(SHOWN);

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
