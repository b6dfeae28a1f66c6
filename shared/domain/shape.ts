/**
 * Shapes of JSON that others sign and we must understand wholly (rule packs): each check says what is wrong
 * with a value and where. Unknown keys are wrong, because a key that nobody reads decides nothing. Pure.
 */
import type { FieldError } from '../errors.ts';

/** What is wrong with a value at a place; empty = nothing. */
export type Check = (value: unknown, at: string) => FieldError[];

/** A check of a key that may be absent. */
export interface Optional {
  readonly optional: Check;
}

export const optional = (check: Check): Optional => ({ optional: check });

/** A whole number within bounds. */
export function integer(least: number, most: number): Check {
  return (value, at) => {
    if (!Number.isInteger(value)) return [{ field: at, reason: 'NOT_AN_INTEGER' }];
    const within = (value as number) >= least && (value as number) <= most;
    return within ? [] : [{ field: at, reason: 'OUT_OF_BOUNDS', params: { least, most } }];
  };
}

export const yesOrNo: Check = (value, at) =>
  typeof value === 'boolean' ? [] : [{ field: at, reason: 'NOT_A_BOOLEAN' }];

/** A text of 1 to `most` characters. */
export function text(most: number): Check {
  return (value, at) => {
    if (typeof value !== 'string') return [{ field: at, reason: 'NOT_TEXT' }];
    if (value === '') return [{ field: at, reason: 'EMPTY' }];
    return value.length <= most ? [] : [{ field: at, reason: 'TOO_LONG', params: { most } }];
  };
}

export function oneOf(values: readonly string[]): Check {
  return (value, at) =>
    values.includes(value as string)
      ? []
      : [{ field: at, reason: 'NOT_ONE_OF', params: { values: values.join(', ') } }];
}

/** A text of this form. */
export function matching(form: RegExp): Check {
  return (value, at) =>
    typeof value === 'string' && form.test(value) ? [] : [{ field: at, reason: 'MALFORMED' }];
}

/** At most `most` items, each of which passes. */
export function list(item: Check, most: number, least = 0): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return [{ field: at, reason: 'NOT_A_LIST' }];
    if (value.length > most) return [{ field: at, reason: 'TOO_MANY', params: { most } }];
    if (value.length < least) return [{ field: at, reason: 'TOO_FEW', params: { least } }];
    return value.flatMap((one, i) => item(one, `${at}[${i}]`));
  };
}

/** An object of these keys and no others. */
export function object(keys: Readonly<Record<string, Check | Optional>>): Check {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return [{ field: at, reason: 'NOT_AN_OBJECT' }];
    const given = value as Record<string, unknown>;
    const unknown = Object.keys(given).filter((key) => !Object.hasOwn(keys, key));
    return [
      ...unknown.map((key): FieldError => ({ field: `${at}.${key}`, reason: 'UNKNOWN_FIELD' })),
      ...Object.entries(keys).flatMap(([key, check]): FieldError[] => {
        const field = `${at}.${key}`;
        if (given[key] !== undefined)
          return (typeof check === 'function' ? check : check.optional)(given[key], field);
        return typeof check === 'function' ? [{ field, reason: 'REQUIRED' }] : [];
      }),
    ];
  };
}
