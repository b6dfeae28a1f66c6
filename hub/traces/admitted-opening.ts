/**
 * An opening that the hub has admitted, read once: its text is long, and asked for again and again.
 */
import { readAdmittedOpening } from '../../shared/signed/opening.ts';
import type { Opening } from '../../shared/signed/opening-shape.ts';
import type { OpeningRow } from './queries.ts';

export interface AdmittedOpening extends OpeningRow {
  /** What its text says. */
  readonly says: Opening;
}

/** A stored opening, read. Throws OPENING_MALFORMED. */
export function admitted(row: OpeningRow): AdmittedOpening {
  return { ...row, says: readAdmittedOpening(row.opening) };
}
