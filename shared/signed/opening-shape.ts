/**
 * What openings and warrants may say: shapes, bounds, and the checks that need nothing but the text itself.
 * Strict: an unknown field is refused, because a node must not sign or obey words that it does not
 * understand.
 */
import { z } from 'zod';
import { MAX_DEGREE } from '../domain/rule-pack.ts';
import { AppError, listed } from '../errors.ts';
import { fault, shapeErrors } from '../shape-errors.ts';

/** Identifiers of index cases that one trace may start from. */
export const MAX_INDEX = 3_000;

const traceId = z.string().regex(/^[0-9a-f]{32}$/, fault({ reason: 'NOT_HEX', params: { digits: 32 } }));
/** Whole epoch seconds, as the wire carries them (uint32). */
const instant = z.int().min(0).max(0xffff_ffff);
/** Every revision is presented again with each stream: what a province may pile up is bounded. */
const revision = z.int().min(0).max(9_999);
const counted = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

const indexCase = z.strictObject({
  /** The province's own opaque reference of the case; a case has an entry for each identifier. */
  case_ref: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, fault({ reason: 'NOT_A_REFERENCE' })),
  /** Pseudonym of an identifier of the case in this trace, 32 hex digits. */
  pseudonym: z.string().regex(/^[0-9a-f]{32}$/, fault({ reason: 'NOT_HEX', params: { digits: 32 } })),
  /** The index window [from, until) of the index (README.md, Forward); from ≥ until is an empty one. */
  from: instant,
  until: instant,
});

const openingShape = z
  .strictObject({
    version: z.literal(1),
    trace_id: traceId,
    /** Grows with each amendment of the trace. */
    revision,
    province: z.string().regex(/^[0-9]{2}$/, fault({ reason: 'NOT_A_PROVINCE_CODE' })),
    direction: z.enum(['forward', 'backward']),
    /** Number of the rule pack in force when the trace was opened. */
    rules: counted,
    max_degree: z.int().min(1).max(MAX_DEGREE),
    as_of: instant,
    expires_at: instant,
    /** A closed word, not prose: it is read by other provinces. */
    purpose: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, fault({ reason: 'NOT_A_WORD' })),
    /** Generation of the OPRF key under which the tokens were made. */
    generation: counted,
    /** Generation of the federation key that its pseudonyms are made with; 1 if it is left out. */
    federation_key: counted.max(0x7fff_ffff).optional(),
    index: z.array(indexCase).min(1).max(MAX_INDEX),
  })
  .refine((o) => o.direction === 'backward' || o.index.every((c) => c.until <= o.as_of), {
    path: ['index'],
    error: fault({ reason: 'AFTER_FIELD', params: { other: 'as_of' } }),
  });

const warrantShape = z.strictObject({
  trace_id: traceId,
  revision,
  /** SHA-256 of the exact text of the opening, 64 hex digits. */
  opening_sha256: z.string().regex(/^[0-9a-f]{64}$/, fault({ reason: 'NOT_HEX', params: { digits: 64 } })),
  issued_at: instant,
  expires_at: instant,
  /** What the trace may ask a node at most: questions, and pseudonyms in them. */
  budget: z.strictObject({ questions: counted, persons: counted }),
});

/** What a trace may ask, in the words of the province that owns the case. */
export type Opening = z.output<typeof openingShape>;
/** One case that a trace starts from. */
export type IndexCase = z.output<typeof indexCase>;
/** The hub's countersignature: this opening, until then, within these budgets. */
export type Warrant = z.output<typeof warrantShape>;

/** The generation of the federation key that an opening's pseudonyms are made with. */
export function federationKeyOf({ federation_key: generation = 1 }: Pick<Opening, 'federation_key'>): number {
  return generation;
}

/** `value` as an opening; throws OPENING_MALFORMED with the fields that are wrong, never their values. */
export function parseOpening(value: unknown): Opening {
  return parse(openingShape, value, 'OPENING');
}

/** `value` as a warrant; throws WARRANT_MALFORMED with the fields that are wrong, never their values. */
export function parseWarrant(value: unknown): Warrant {
  return parse(warrantShape, value, 'WARRANT');
}

/** An unknown field is the sender's text, and another province reads on. */
const NOTHING = /(?!)/;

function parse<T>(shape: z.ZodType<T>, value: unknown, what: 'OPENING' | 'WARRANT'): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const details = shapeErrors(parsed.error, what.toLowerCase(), NOTHING).slice(0, 20);
  throw new AppError('INVALID_ARGUMENT', `${what}_MALFORMED`, `${what.toLowerCase()}: ${listed(details)}`, {
    details,
  });
}
