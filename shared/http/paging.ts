/**
 * Keyset paging as lists offer it: `?limit=` and an opaque `?after=`, which is the `next` of the page before.
 */
import { z } from '@hono/zod-openapi';
import { invalidField } from '../errors.ts';

/** Query parameters of a paged list whose pages hold at most `most` items. */
export function pageQuery(most: number, usual: number) {
  return z.object({
    limit: z.coerce
      .number('not a whole number')
      .int('not a whole number')
      .min(1)
      .max(most)
      .default(usual)
      .openapi({ description: `1 đến/to ${most}` }),
    after: z
      .string()
      .max(200)
      .optional()
      .openapi({ description: '`next` của trang trước · `next` of the page before' }),
  });
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
  throw invalidField('after', 'not the next of an earlier page');
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
