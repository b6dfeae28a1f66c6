/**
 * What writers tell tracing after their transaction has committed. Only rows that really changed are
 * reported; reporting too much costs a repeated question, reporting too little would leave a trace wrong.
 */

export interface ChangeSink {
  /**
   * Links, residence, household or existence of these identifiers changed (all members of a changed
   * household).
   */
  identifiersChanged(ids: readonly number[]): void;
  /** Check-ins inserted or changed: `[from, until)` covers the old and the new stay, in epoch seconds. */
  staysChanged(stays: ChangedStays): void;
  /** Encounters inserted between `a[i]` and `b[i]`. */
  encountersChanged(a: number[], b: number[]): void;
}

export interface ChangedStays {
  identifierIds: number[];
  placeIds: number[];
  from: number[];
  until: number[];
}
