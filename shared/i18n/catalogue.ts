/**
 * The catalogue of what a program says when something is wrong, in Vietnamese and English: reasons of
 * problems and reasons of fields. The words of both are closed unions taken from here, so that a reason
 * without a text does not compile. Pure.
 */
import { FIELD_TEXTS } from './field-texts.ts';
import { SYSTEM_FIELD_TEXTS } from './field-texts-system.ts';
import { DOOR_TEXTS } from './problem-texts.ts';
import { FEDERATION_TEXTS } from './problem-texts-federation.ts';
import { SYSTEM_TEXTS } from './problem-texts-system.ts';
import { WORK_TEXTS } from './problem-texts-work.ts';
import {
  type Agreed,
  type Disagreeing,
  type Language,
  type Param,
  type Params,
  type Placeholders,
  render,
  type Text,
} from './text.ts';

export const PROBLEM_REASONS = { ...DOOR_TEXTS, ...WORK_TEXTS, ...FEDERATION_TEXTS, ...SYSTEM_TEXTS };
export const FIELD_REASONS = { ...FIELD_TEXTS, ...SYSTEM_FIELD_TEXTS };

/** Why something was refused or failed: what an AppError says. */
export type Reason = keyof typeof PROBLEM_REASONS;
/** What is wrong with a field. */
export type FieldReason = keyof typeof FIELD_REASONS;

export type TextsAgree = [
  Agreed<Disagreeing<typeof PROBLEM_REASONS>>,
  Agreed<Disagreeing<typeof FIELD_REASONS>>,
];

/** Names of the parameters that the text of a reason needs; `{errors}` is put in from the fields. */
export type ReasonParam<R extends Reason> = Exclude<
  Placeholders<(typeof PROBLEM_REASONS)[R]['vi']>,
  'errors'
>;
export type FieldParam<R extends FieldReason> = Placeholders<(typeof FIELD_REASONS)[R]['vi']>;

/** A reason of a field with what its text needs, and nothing else. */
export type Fault = {
  [R in FieldReason]: [FieldParam<R>] extends [never]
    ? { readonly reason: R; readonly params?: undefined }
    : { readonly reason: R; readonly params: Readonly<Record<FieldParam<R>, Param>> };
}[FieldReason];

/** A reason as the other side sent it: of a newer program it may be a word without a text here. */
interface Said {
  readonly reason: string;
  readonly params?: Params | undefined;
}

/** What is wrong with a field, in words; a reason that is not known here says itself. */
export function fieldText({ reason, params }: Said, language: Language): string {
  const text = textOf(FIELD_REASONS, reason);
  return text ? render(text, language, params) : reason;
}

/**
 * Why something was refused, in words, with the fields where the text wants them. Undefined if the reason is
 * not known here.
 */
export function problemText(
  { reason, params }: Said,
  details: readonly ({ readonly field: string } & Said)[],
  language: Language,
): string | undefined {
  const text = textOf(PROBLEM_REASONS, reason);
  if (!text) return undefined;
  const errors = details.map((one) => `${one.field}: ${fieldText(one, language)}`).join('; ');
  return render(text, language, { ...params, errors }).trim();
}

function textOf(table: Readonly<Record<string, Text>>, reason: string): Text | undefined {
  return Object.hasOwn(table, reason) ? table[reason] : undefined;
}
