/**
 * Parts of requests and answers that many routes have, each with one spelling and an example: those of whole
 * answers are put together from them (examples.ts).
 */
import { z } from '@hono/zod-openapi';
import { IDENTIFIER_KINDS } from '../domain/identifier.ts';
import { PLACE_KINDS } from '../domain/place-kind.ts';
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

/** A text in an answer, and what it may look like. */
export const textOutput = (example: string) => z.string().openapi({ example });

export const uuidOutput = z.uuid().openapi({ example: '0190b6c2-5c1e-7a4b-9f3d-6f0f3f2c8a11' });
export const provinceOutput = textOutput('24');
export const wardOutput = textOutput('07213');
/** A ward, a district or a province. */
export const areaOutput = textOutput('213');
/** Who somebody is, as the identity provider says. */
export const personOutput = textOutput('an.nguyen@example.vn');
export const fingerprintOutput = textOutput('ABCD-EFGH-IJKL-MNOP');
export const sha256Output = textOutput('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08');

/** A canonical identifier: one of the kinds, a colon, the value. */
export const identifierOutput = z
  .string()
  .regex(new RegExp(`^(?:${IDENTIFIER_KINDS.join('|')}):.+$`))
  .openapi({ example: 'phone:+84912345678' });

export const placeKindOutput = z.enum(PLACE_KINDS);
