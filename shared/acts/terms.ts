/**
 * Terms that a caller puts to a change beside what it is: that it happens once however often it is asked for,
 * and only to the version that they have seen. They travel with the caller, and `change` keeps them.
 */
import { AppError } from '../errors.ts';

/** Names a request, so that one that comes again is known. */
export interface RequestKey {
  /** A digest of what the caller sent: nobody checks what people put into their keys. */
  readonly key: string;
  /** SHA-256 of all that is asked for. */
  readonly digest: Uint8Array;
}

/** `*`: any that exists; else one of these. */
export type WantedVersion = '*' | readonly number[];

export interface Terms {
  readonly request?: RequestKey | undefined;
  readonly version?: WantedVersion | undefined;
  /** Set by `change` once the request is noted: what one operation changes next is part of the same. */
  noted: boolean;
}

export type KeptValue =
  | string
  | number
  | boolean
  | null
  | readonly KeptValue[]
  | { readonly [name: string]: KeptValue };

/** What is kept of an answer to give it again: ids, counts and codes, no personal data and no secrets. */
export type KeptAnswer = Readonly<Record<string, KeptValue>>;

/** Ends an operation whose request was answered before. No failure: whoever asked gives that answer again. */
export class AnsweredBefore extends Error {
  readonly answer: KeptAnswer;

  constructor(answer: KeptAnswer) {
    super('the request was answered before');
    this.name = 'AnsweredBefore';
    this.answer = answer;
  }
}

/** A key that was used for something else. */
export function keyReused(): AppError {
  const details = [{ field: 'idempotency-key', reason: 'KEY_REUSED' }] as const;
  return new AppError('FAILED_PRECONDITION', 'IDEMPOTENCY_KEY_REUSED', 'the key was used before', {
    details,
  });
}
