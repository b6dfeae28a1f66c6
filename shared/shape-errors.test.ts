import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FIELD_REASONS } from './i18n/catalogue.ts';
import { fault, refuse, shapeErrors } from './shape-errors.ts';

const SHAPE = z.strictObject({
  text: z.string().min(1).max(3).optional(),
  longer: z.string().min(2).optional(),
  word: z.string().regex(/^a$/).optional(),
  number: z.number().gt(0).lt(9).optional(),
  integer: z.int().min(1).max(4).optional(),
  flag: z.boolean().optional(),
  list: z.array(z.string()).min(1).max(2).optional(),
  object: z.object({ inner: z.string() }).optional(),
  kind: z.enum(['market', 'cafe']).optional(),
  fixed: z.literal(1).optional(),
  id: z.uuid().optional(),
  url: z.url().optional(),
  either: z.union([z.string(), z.number()]).optional(),
  bounded: z
    .number()
    .max(200, fault({ reason: 'OUT_OF_BOUNDS', params: { least: 1, most: 200 } }))
    .optional(),
  read: z
    .string()
    .transform((_text, ctx) => refuse(ctx, { reason: 'NOT_A_DATE' }))
    .optional(),
  checked: z
    .string()
    .refine(() => false)
    .optional(),
  prose: z
    .string()
    .refine(() => false, 'this is prose')
    .optional(),
  needed: z.string(),
});

const errorsOf = (value: unknown) => {
  const { error } = SHAPE.safeParse(value);
  return shapeErrors(error as z.ZodError, 'body').map(({ field, reason, params }) =>
    params === undefined ? `${field} ${reason}` : `${field} ${reason} ${JSON.stringify(params)}`,
  );
};

describe('what zod finds is said in words of the catalogue', () => {
  it.each([
    [{ text: '' }, 'text EMPTY'],
    [{ text: 'abcd' }, 'text TOO_LONG {"most":3}'],
    [{ text: 5 }, 'text NOT_TEXT'],
    [{ text: null }, 'text NOT_TEXT'],
    [{ longer: 'a' }, 'longer TOO_SHORT {"least":2}'],
    [{ word: 'Lê Thị Lan' }, 'word MALFORMED'],
    [{ number: '5' }, 'number NOT_A_NUMBER'],
    [{ number: Number.NaN }, 'number NOT_A_NUMBER'],
    [{ number: 0 }, 'number MORE_THAN {"bound":0}'],
    [{ number: 9 }, 'number LESS_THAN {"bound":9}'],
    [{ integer: 1.5 }, 'integer NOT_AN_INTEGER'],
    [{ integer: 0 }, 'integer AT_LEAST {"least":1}'],
    [{ integer: 5 }, 'integer AT_MOST {"most":4}'],
    [{ flag: 'yes' }, 'flag NOT_A_BOOLEAN'],
    [{ list: 'a' }, 'list NOT_A_LIST'],
    [{ list: [] }, 'list TOO_FEW {"least":1}'],
    [{ list: ['a', 'b', 'c'] }, 'list TOO_MANY {"most":2}'],
    [{ list: ['a', 5] }, 'list[1] NOT_TEXT'],
    [{ object: [] }, 'object NOT_AN_OBJECT'],
    [{ object: {} }, 'object.inner REQUIRED'],
    [{ kind: 'pub' }, 'kind NOT_ONE_OF {"values":"market, cafe"}'],
    [{ fixed: 2 }, 'fixed NOT_ONE_OF {"values":"1"}'],
    [{ id: 'x' }, 'id NOT_A_UUID'],
    [{ url: 'x' }, 'url NOT_A_URL'],
    [{ either: true }, 'either MALFORMED'],
    [{ bounded: 5000 }, 'bounded OUT_OF_BOUNDS {"least":1,"most":200}'],
    [{ read: '30/02/2021' }, 'read NOT_A_DATE'],
    [{ checked: 'x' }, 'checked MALFORMED'],
    [{ prose: 'x' }, 'prose MALFORMED'],
    [{ pulse: 1 }, 'pulse UNKNOWN_FIELD'],
    [{ 'Lê Thị Lan': 1 }, 'body UNKNOWN_FIELD'],
  ])('%j: %s', (value, expected) => {
    expect(errorsOf({ needed: '', ...value })).toEqual([expected]);
  });

  it('names what is missing, and a body that is none', () => {
    expect(errorsOf({})).toEqual(['needed REQUIRED']);
    expect(errorsOf([1])).toEqual(['body NOT_AN_OBJECT']);
    expect(errorsOf(undefined)).toEqual(['body REQUIRED']);
  });

  it('names at most a hundred', () => {
    const body = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${'y'.repeat(i % 30)}`, i]));
    const many = z.object({ list: z.array(z.string()) }).safeParse({ list: Array(500).fill(1) });
    expect(shapeErrors(many.error as z.ZodError, 'body')).toHaveLength(100);
    expect(errorsOf({ needed: '', ...body }).length).toBeLessThanOrEqual(100);
  });

  it('quotes no unknown field where none may be quoted', () => {
    const { error } = SHAPE.safeParse({ needed: '', pulse: 1 });
    expect(shapeErrors(error as z.ZodError, 'opening', /(?!)/)).toEqual([
      { field: 'opening', reason: 'UNKNOWN_FIELD' },
    ]);
  });

  it('knows every word that it says', () => {
    for (const word of ['MALFORMED', 'REQUIRED', 'NOT_ONE_OF']) expect(FIELD_REASONS).toHaveProperty(word);
  });
});
