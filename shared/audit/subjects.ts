/**
 * What an entry of the audit log is about, by opaque ids: "who read what about this case" is asked of them.
 * Never an identifier, a name or a place; an id that has not the form of its kind is a mistake of ours. The
 * list only grows.
 */
import { strict as assert } from 'node:assert/strict';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HEX_128 = /^[0-9a-f]{32}$/;
/** Number of a row; nine digits, so that no citizen id and no telephone number has this form. */
const ROW = /^[1-9]\d{0,8}$/;

/** Kinds of subject, and the form of their ids. */
export const SUBJECT_FORMS = {
  case: UUID,
  trace: HEX_128,
  contact: HEX_128,
  person: ROW,
  record: ROW,
  identifier: ROW,
  follow_up: UUID,
  request: UUID,
  result: UUID,
  order: UUID,
  import: UUID,
  break_glass: UUID,
  account: UUID,
  invitation: UUID,
  enrolment: UUID,
  province: /^\d{2}$/,
} as const;

export type SubjectKind = keyof typeof SUBJECT_FORMS;

/** One subject: `{ case: '5f0c…' }`. */
export type Subject = { readonly [K in SubjectKind]: { readonly [P in K]: string } }[SubjectKind];

export const SUBJECT_KINDS = Object.keys(SUBJECT_FORMS) as SubjectKind[];

/**
 * Why somebody did something, where it is not the plain duty of their role. Source: HL7 v3 PurposeOfUse. BTG
 * break the glass, PATRQT asked for by the person concerned, HOPERAT supervision, HRESCH research, PUBHLTH
 * public health beyond the own task.
 */
export const PURPOSES = ['BTG', 'PATRQT', 'HOPERAT', 'HRESCH', 'PUBHLTH'] as const;

export type Purpose = (typeof PURPOSES)[number];

/** The trace as a subject, where there is one. */
export function traceSubject(trace: string | undefined): Subject[] {
  return trace === undefined ? [] : [{ trace }];
}

/** Subjects of an entry as it was stored; older ones have one, under `trace`. */
export function subjectsOf({ on, trace }: StoredSubjects): readonly Subject[] {
  return on ?? traceSubject(trace);
}

/** How the text of an entry names its subjects. */
export interface StoredSubjects {
  readonly on?: readonly Subject[] | undefined;
  readonly trace?: string | undefined;
}

/** Each subject once, in the order of the first; asserts the form of the ids. */
export function distinctSubjects(subjects: readonly Subject[]): Subject[] {
  const byName = new Map<string, Subject>();
  for (const subject of subjects) {
    const [[kind, id] = ['', '']] = Object.entries(subject);
    assert(SUBJECT_FORMS[kind as SubjectKind]?.test(id), `not the id of a subject: ${kind}`);
    byName.set(`${kind} ${id}`, subject);
  }
  return [...byName.values()];
}
