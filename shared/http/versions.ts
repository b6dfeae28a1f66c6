/**
 * Versions of what can be changed, as entity tags: `ETag: "7"` of an answer, `If-Match` of a change.
 * Source: RFC 9110 section 8.8.3 (entity tags), 13.1.1 (If-Match: strong comparison).
 */
import { z } from '@hono/zod-openapi';
import type { KeptAnswer, WantedVersion } from '../acts/terms.ts';
import { fault } from '../shape-errors.ts';

/**
 * The version as a header. It counts what people change, and is no validator of caches (no answer is kept by
 * any): a trace goes on by itself, and whoever ends it means what was decided of it, not how far it has come.
 */
export function versionHeader(version: number | null | undefined): Record<string, string> {
  return version == null ? {} : { etag: `"${version}"` };
}

const TAG = String.raw`(?:W\/)?"[\x21\x23-\x7e]*"`;
const LIST = new RegExp(String.raw`^\s*${TAG}(?:\s*,\s*${TAG})*\s*$`);

/** `If-Match` of a request: any version that exists, or one of those named. */
export const ifMatchInput = z
  .string()
  .regex(new RegExp(String.raw`^\s*\*\s*$|${LIST.source}`), fault({ reason: 'NOT_ENTITY_TAGS' }))
  .transform(wantedVersion)
  .optional()
  .openapi({
    type: 'string',
    description:
      'Chỉ sửa nếu vẫn là phiên bản này · Change it only if it is still this version (`ETag`); else 412 ' +
      'says who changed what meanwhile',
    example: '"3"',
  });

function wantedVersion(text: string): WantedVersion {
  if (text.trim() === '*') return '*';
  // A weak tag never matches in a strong comparison, and no version was ever written like that.
  return text.split(',').flatMap((tag) => {
    const [, digits] = /^\s*"(\d{1,15})"\s*$/.exec(tag) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
}

/** Of the document, for answers with a version. */
export const ETAG_HEADER = {
  ETag: {
    description: 'Phiên bản, cho If-Match · The version, for If-Match',
    schema: { type: 'string' as const, example: '"3"' },
  },
};

/** Of a command that answers nothing but the version of what it has changed. */
export const ANSWERS_VERSION = {
  status: 204,
  versioned: true,
  versionOf: (version: number | undefined) => version,
  again: (_call: unknown, { version }: KeptAnswer) => version as number,
} as const;
