/**
 * Parts of requests that many routes take, each with one spelling.
 */
import { z } from '@hono/zod-openapi';
import { fault } from '../shape-errors.ts';

/** A UUID; lower case from then on. */
export const uuidInput = z
  .uuid()
  .transform((id) => id.toLowerCase())
  .openapi({ type: 'string', format: 'uuid', example: '0190b6c2-5c1e-7a4b-9f3d-6f0f3f2c8a11' });

export const traceIdInput = z
  .string()
  .regex(/^[0-9a-f]{32}$/, fault({ reason: 'NOT_HEX', params: { digits: 32 } }))
  .openapi({ example: '4bf92f3577b34da6a3ce929d0e0e4736' });

export const provinceInput = z
  .string()
  .regex(/^\d\d$/, fault({ reason: 'NOT_A_PROVINCE_CODE' }))
  .openapi({ example: '24' });
