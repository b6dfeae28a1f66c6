/**
 * What zod finds wrong with a value as fields and reasons of the catalogue: its own words reach nobody. A
 * shape that knows better says so with `fault` where zod takes a message. Never quotes what was read.
 */
import type { z } from 'zod';
import type { Fault, FieldError } from './errors.ts';

/** A fault as the message of a check, for `shapeErrors` to read: `z.string().regex(…, fault({ reason }))`. */
export function fault({ reason, params }: Fault): string {
  return params === undefined ? reason : `${reason} ${JSON.stringify(params)}`;
}

/** Makes the value of a transform a fault. */
export function refuse(ctx: z.RefinementCtx, found: Fault): never {
  ctx.addIssue({ code: 'custom', message: fault(found) });
  // What z.NEVER is, without loading zod here.
  return undefined as never;
}

/** A small body must not become a large answer. */
const MOST_DETAILS = 100;

/** Named only if it looks like a name: an object keyed by people holds their data in its keys. */
const NAME = /^[A-Za-z][A-Za-z_-]{0,39}$/;

/**
 * At most 100 fields and what is wrong with them, named like `cases[0]`; the value itself is `whole`. Unknown
 * fields are named by what they are in if they match `quoted` not: whoever reads on may be another province.
 */
export function shapeErrors(error: z.ZodError, whole: string, quoted: RegExp = NAME): FieldError[] {
  return error.issues.flatMap((issue) => fieldErrors(issue, whole, quoted)).slice(0, MOST_DETAILS);
}

function fieldErrors(issue: z.core.$ZodIssue, whole: string, quoted: RegExp): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName(quoted.test(key) ? [...issue.path, key] : issue.path, whole),
      reason: 'UNKNOWN_FIELD',
    }));
  }
  return [{ ...faultOf(issue), field: fieldName(issue.path, whole) }];
}

function faultOf(issue: z.core.$ZodIssue): Fault {
  return said(issue.message) ?? (isMissing(issue) ? { reason: 'REQUIRED' } : judged(issue));
}

/** What a shape has said with `fault`: nobody else writes like that. */
function said(message: string): Fault | undefined {
  const [, reason, params] = /^([A-Z][A-Z0-9_]+)(?: (\{.*\}))?$/s.exec(message) ?? [];
  if (reason === undefined) return undefined;
  return { reason, ...(params === undefined ? {} : { params: JSON.parse(params) as object }) } as Fault;
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}

const TYPES: Readonly<Record<string, Fault>> = {
  string: { reason: 'NOT_TEXT' },
  number: { reason: 'NOT_A_NUMBER' },
  int: { reason: 'NOT_AN_INTEGER' },
  boolean: { reason: 'NOT_A_BOOLEAN' },
  array: { reason: 'NOT_A_LIST' },
  object: { reason: 'NOT_AN_OBJECT' },
  record: { reason: 'NOT_AN_OBJECT' },
};

const FORMATS: Readonly<Record<string, Fault>> = {
  uuid: { reason: 'NOT_A_UUID' },
  url: { reason: 'NOT_A_URL' },
  datetime: { reason: 'NOT_AN_INSTANT' },
  date: { reason: 'NOT_A_DATE' },
};

function judged(issue: z.core.$ZodIssue): Fault {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? { reason: 'MALFORMED' };
    case 'too_big':
      return tooBig(issue);
    case 'too_small':
      return tooSmall(issue);
    case 'invalid_format':
      return FORMATS[issue.format] ?? { reason: 'MALFORMED' };
    case 'invalid_value':
      return { reason: 'NOT_ONE_OF', params: { values: issue.values.map(String).join(', ') } };
    default:
      return { reason: 'MALFORMED' };
  }
}

function tooBig({ origin, maximum, inclusive = true }: z.core.$ZodIssueTooBig): Fault {
  const most = Number(maximum);
  if (origin === 'string') return { reason: 'TOO_LONG', params: { most } };
  if (origin === 'array' || origin === 'set') return { reason: 'TOO_MANY', params: { most } };
  return inclusive
    ? { reason: 'AT_MOST', params: { most } }
    : { reason: 'LESS_THAN', params: { bound: most } };
}

function tooSmall({ origin, minimum, inclusive = true }: z.core.$ZodIssueTooSmall): Fault {
  const least = Number(minimum);
  if (origin === 'string')
    return least === 1 ? { reason: 'EMPTY' } : { reason: 'TOO_SHORT', params: { least } };
  if (origin === 'array' || origin === 'set') return { reason: 'TOO_FEW', params: { least } };
  return inclusive
    ? { reason: 'AT_LEAST', params: { least } }
    : { reason: 'MORE_THAN', params: { bound: least } };
}

function fieldName(path: readonly PropertyKey[], whole: string): string {
  const name = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return name === '' ? whole : name.replace(/^\./, '');
}
