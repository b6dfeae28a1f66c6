/**
 * What the header `Idempotency-Key` is, and what makes two requests the same.
 * Source: draft-ietf-httpapi-idempotency-key-header-07.
 */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { fault } from '../shape-errors.ts';
import type { HttpEnv } from './env.ts';

/** 1 to 64 printable ASCII characters. */
export const idempotencyKeyInput = z
  .string()
  .regex(/^[\x20-\x7e]{1,64}$/, fault({ reason: 'NOT_A_REQUEST_KEY' }))
  .optional()
  .openapi({
    description:
      'Cùng khóa, cùng yêu cầu: làm một lần, trả lời như cũ trong 72 giờ · The same request under the same ' +
      'key is done once and answered alike for 72 hours; another one is refused',
    example: '0b9f4c1e-7d3a-4f8e-9d55-2f1f6a7c1e90',
  });

/** A key as it is stored: nobody checks what people put into theirs. */
export function keyOf(header: string): string {
  return sha256(header).toString('hex');
}

/**
 * Digest of a request whose body is, or has the digest, `body`. It is stored, and a body may be a phone
 * number and a date: without the key, which is not, nobody guesses it, nor finds it in another database.
 */
export function requestDigest(c: Context<HttpEnv>, body: string): Uint8Array {
  const { pathname, search } = new URL(c.req.url);
  const key = c.req.header('idempotency-key') ?? '';
  return sha256(`${key}\n${c.req.method} ${pathname}${search}\n${body}`);
}

/** JSON in one spelling: a client that builds its request again may name its fields in another order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
