/**
 * Keyset paging as lists offer it: `?limit=` and an opaque `?after=`, which is the `next` of the page before.
 */
import { z } from '@hono/zod-openapi';
import { invalidField } from '../errors.ts';
import { fault } from '../shape-errors.ts';

/** Query parameters of a paged list whose pages hold at most `most` items. */
export function pageQuery(most: number, usual: number) {
  return z.object({
    limit: boundedInteger(1, most)
      .default(usual)
      .openapi({ description: `từ 1 đến ${most} · from 1 to ${most}` }),
    after: z
      .string()
      .max(200)
      .optional()
      .openapi({ description: '`next` của trang trước · `next` of the page before' }),
  });
}

/** A whole number in a query; what is none, or out of the bounds, is told the bounds. */
export function boundedInteger(least: number, most: number) {
  const outside = fault({ reason: 'OUT_OF_BOUNDS', params: { least, most } });
  const notInteger = fault({ reason: 'NOT_AN_INTEGER' });
  return z.coerce.number(notInteger).int(notInteger).min(least, outside).max(most, outside);
}

/** `next` of an answer: null on the last page. */
export const nextOutput = z.string().nullable().openapi({ description: 'null: hết · null at the end' });

/** An opaque cursor. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** What `encodeCursor` was given, if it fits `shape`. Throws INVALID_FIELD for `after`. */
export function decodeCursor<T>(cursor: string | undefined, shape: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  const parsed = shape.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  throw invalidField('after', 'NOT_A_CURSOR');
}

/** One page out of up to `limit + 1` items: the items to show, and the cursor if there are more. */
export function cutPage<T>(
  items: readonly T[],
  limit: number,
  keyOf: (item: T) => readonly (string | number)[],
) {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { page, next: items.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
