/**
 * Between JSON and the programs' own values: `created_at` there is `createdAt` here, an instant is text there
 * and epoch seconds here. Both ways by the schemas of the routes, which know what is a name of ours and what
 * is a key of data; what a schema does not name stays here.
 */
import { z } from '@hono/zod-openapi';

type CamelCase<S> = S extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<CamelCase<Rest>>}` : S;

type Named<T> = T extends readonly (infer E)[]
  ? readonly Named<E>[]
  : T extends object
    ? string extends keyof T
      ? { readonly [K in keyof T]: Named<T[K]> }
      : { readonly [K in keyof T as CamelCase<K>]: Named<T[K]> }
    : T;

/** What the program has where the wire has JSON of `S`. */
export type Shown<S extends z.ZodType> = Named<z.output<S>>;

/** What a route says where a result is not yet what its answer shows. */
export interface Showing<T, S extends z.ZodType> {
  show(result: T): Shown<S>;
}

/** `value` as JSON of `schema`: the fields that it names, in its order. */
export function toWire<S extends z.ZodType>(schema: S, value: Shown<S>): z.input<S> {
  return carry(schema, value, 'out') as z.input<S>;
}

/** What of a route says how a result is shown; that it fits, its `Showing` has checked. */
export interface Answering<T> {
  readonly output: z.ZodType;
  show?(result: T): unknown;
}

/** The JSON of a route's result. */
export function jsonOf<T>(spec: Answering<T>, result: T): object {
  return toWire(spec.output, spec.show ? spec.show(result) : result) as object;
}

/** What `schema` has made of JSON, under the program's names. */
export function fromWire<S extends z.ZodType>(schema: S, parsed: z.output<S>): Shown<S> {
  return carry(schema, parsed, 'in') as Shown<S>;
}

type Way = 'out' | 'in';
type Fields = Readonly<Record<string, unknown>>;

function carry(schema: z.core.$ZodType, value: unknown, way: Way): unknown {
  if (value === undefined || value === null) return value;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      // An open object is data, such as a rule pack.
      return def.catchall?._zod.def.type === 'unknown' ? value : carryFields(def.shape, value as Fields, way);
    case 'array':
      return (value as readonly unknown[]).map((item) => carry(def.element, item, way));
    case 'record':
      return mapFields(value as Fields, (name, item) => [name, carry(def.valueType, item, way)]);
    case 'nullable':
    case 'optional':
    case 'default':
      return carry(def.innerType, value, way);
    case 'union':
      return carry(def.options.find((option) => option._zod.def.type === 'object') ?? ANY, value, way);
    case 'pipe':
      return way === 'out' && def.reverseTransform ? z.encode(schema as z.ZodType, value) : value;
    default:
      return value;
  }
}

const ANY = z.unknown();

function carryFields(shape: Readonly<Record<string, z.core.$ZodType>>, value: Fields, way: Way): Fields {
  return mapFields(shape, (name, schema) =>
    way === 'out'
      ? [name, carry(schema, value[camelCase(name)], way)]
      : [camelCase(name), carry(schema, value[name], way)],
  );
}

/** Without those that are undefined. */
function mapFields<T>(
  fields: Readonly<Record<string, T>>,
  change: (name: string, item: T) => [string, unknown],
): Fields {
  const changed = Object.entries(fields).map(([name, item]) => change(name, item));
  return Object.fromEntries(changed.filter(([, item]) => item !== undefined));
}

const names = new Map<string, string>();

function camelCase(name: string): string {
  const known = names.get(name) ?? name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  names.set(name, known);
  return known;
}
