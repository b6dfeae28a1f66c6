/**
 * The opening of a trace's revision (SECURITY.md, What crosses a border), made of its cases as they are now.
 * Signs nothing.
 */

import { daysToSeconds, type RulePack } from '../../../shared/domain/rule-pack.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Opening } from '../../../shared/signed/opening-shape.ts';
import type { IndexRow } from './index-queries.ts';
import type { TraceRow } from './queries.ts';
import { indexWindows } from './rules.ts';

/** Packed tokens (16 bytes each) to packed pseudonyms of the trace. */
export type Pseudonymize = (tokens: Uint8Array) => Uint8Array;

export interface OpeningParts {
  readonly province: string;
  readonly rules: RulePack;
  /** One at least; of a case a row for each identifier. */
  readonly cases: readonly IndexRow[];
  /** Of the cases' identifiers, by local id, as far as they have one. */
  readonly tokens: ReadonlyMap<number, Uint8Array>;
  readonly pseudonymize: Pseudonymize;
  /** Generation of the federation key behind `pseudonymize`. */
  readonly federationKey: number;
  /** Generation of the key service's key behind `tokens`. */
  readonly keyGeneration: number;
}

/** What province and hub sign. Throws UNAVAILABLE TOKENS_PENDING while an index person has no token. */
export function makeOpening(trace: TraceRow, parts: OpeningParts): Opening {
  const { province, rules } = parts;
  const index = indexOf(trace, parts);
  return {
    version: 1,
    trace_id: trace.id,
    revision: trace.revision,
    province,
    direction: trace.direction,
    rules: trace.rules,
    max_degree: trace.maxDegree,
    as_of: trace.asOf,
    expires_at: trace.createdAt + daysToSeconds(rules.trace_open_days),
    purpose: 'contact-tracing',
    generation: parts.keyGeneration,
    federation_key: parts.federationKey,
    index,
  };
}

/**
 * An entry for each identifier that a case names. There is one index case at least: when all are withdrawn,
 * the first with an empty window.
 */
function indexOf(trace: TraceRow, { cases, tokens, rules, pseudonymize }: OpeningParts): Opening['index'] {
  const standing = cases.filter((found) => !found.withdrawn);
  const named =
    standing.length > 0 ? standing : cases.filter(({ position }) => position === cases[0]?.position);
  const windows = indexWindows(named, { direction: trace.direction, asOf: trace.asOf, rules });
  const nothing = { from: trace.asOf, until: trace.asOf };
  return named.map(({ id, position }, i) => ({
    // Only its place in this trace: a case's id in two openings would tie them together.
    case_ref: String(position),
    pseudonym: Buffer.from(pseudonymize(knownToken(tokens.get(id)))).toString('hex'),
    ...(standing.length > 0 ? (windows[i] as { from: number; until: number }) : nothing),
  }));
}

function knownToken(token: Uint8Array | undefined): Uint8Array {
  if (token) return token;
  throw new AppError('UNAVAILABLE', 'TOKENS_PENDING', 'identifiers wait for the key service');
}
