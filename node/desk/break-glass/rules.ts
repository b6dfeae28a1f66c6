/**
 * What may be asked for when somebody must read beyond the own area. Pure.
 */

export const MAX_MINUTES = 180;
/** Characters of a reason: less says nothing, more is a file. */
export const REASON_LENGTH = { min: 10, max: 500 };
/** Of one person at the same time. */
export const MAX_OPEN = 5;

/** What a supervisor thinks of it afterwards; `unjustified` ends what is still open. */
export const VERDICTS = ['justified', 'unjustified'] as const;

export type Verdict = (typeof VERDICTS)[number];
