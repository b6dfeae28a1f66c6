/**
 * Keyset paging: where a page ended, as an opaque text that only this list, with these filters, takes back.
 * Rows may come and go between two pages: a place is a value, not a number of rows, so that none that stays
 * is shown twice or left out.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { type AppError, invalidField } from '../errors.ts';
import { fault } from '../shape-errors.ts';

/** The place of an item in its list: the values that it is ordered by, and what makes them unique. */
export type Place = readonly (string | number | boolean | null)[];

const MAC_BYTES = 12;

/**
 * Makes and reads cursors. What one is signed with makes it worthless elsewhere: a place in another list, or
 * in this one filtered otherwise, is no place here, and nobody builds upon what is inside.
 */
export class Cursors {
  readonly #key: Uint8Array;

  /** `key`: 32 bytes, the same as long as cursors shall count. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The cursor of a place in `list`. */
  make(list: string, place: Place): string {
    const text = JSON.stringify(place);
    return Buffer.concat([this.#mac(list, text), Buffer.from(text)]).toString('base64url');
  }

  /** What `make` was given, if it fits `shape`. Throws INVALID_ARGUMENT INVALID_CURSOR. */
  open<T>(list: string, cursor: string, shape: z.ZodType<T>): T {
    const bytes = Buffer.from(cursor, 'base64url');
    const text = bytes.subarray(MAC_BYTES).toString();
    const mac = bytes.subarray(0, MAC_BYTES);
    if (mac.length < MAC_BYTES || !timingSafeEqual(mac, this.#mac(list, text))) throw invalidCursor();
    const parsed = shape.safeParse(JSON.parse(text));
    // Sealed here, but by a version of the program that ordered the list by other values.
    if (!parsed.success) throw invalidCursor();
    return parsed.data;
  }

  #mac(list: string, text: string): Buffer {
    return createHmac('sha256', this.#key).update(`${list}\0${text}`).digest().subarray(0, MAC_BYTES);
  }
}

/** What a cursor is bound to: the path of a list, and the filters that were given, in any order. */
export function listId(path: string, filters: Readonly<Record<string, unknown>> = {}): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  return `${path}?${JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

/** How many items a page holds at most, and unless told. */
export interface PageSize {
  readonly most: number;
  readonly usual: number;
}

/** Query parameters of every list. */
export function pageParameters({ most, usual }: PageSize) {
  return {
    limit: boundedInteger(1, most)
      .default(usual)
      .openapi({ description: `từ 1 đến ${most} · from 1 to ${most}`, example: usual }),
    after: z
      .string()
      .max(600)
      .optional()
      .openapi({ description: '`next` của trang trước · `next` of the page before' }),
  };
}

/** A whole number in a query; what is none, or out of the bounds, is told the bounds. */
export function boundedInteger(least: number, most: number) {
  const outside = fault({ reason: 'OUT_OF_BOUNDS', params: { least, most } });
  const notInteger = fault({ reason: 'NOT_AN_INTEGER' });
  return z.coerce.number(notInteger).int(notInteger).min(least, outside).max(most, outside);
}

/** `next` of an answer: null on the last page. */
export const nextOutput = z.string().nullable().openapi({
  description: 'null: hết · null at the end',
  example: 'o1Jb0mXq7c0kZ1tTWzEsIjAxOTAiXQ',
});

/** One page out of up to `limit + 1` items, and whether there are more. */
export function cutPage<T>(items: readonly T[], limit: number): { page: readonly T[]; more: boolean } {
  return { page: items.slice(0, limit), more: items.length > limit };
}

function invalidCursor(): AppError {
  return invalidField('after', 'NOT_A_CURSOR', undefined, 'INVALID_CURSOR');
}
