/**
 * Arrays of PostgreSQL's own types, whose numbers are the same in every server. The driver would ask each
 * connection for all array types, tables' rows included: 1.5 ms of the server and as much of ours for what
 * never changes, and a failure of that question would end the process.
 */
import { strict as assert } from 'node:assert/strict';
import type postgres from 'postgres';

/**
 * Of an element and of its array, as in the server's pg_type. Of dates, instants and numeric they come back
 * as one text, which is how drizzle reads them.
 */
export const ARRAY_TYPES = {
  bool: [16, 1000],
  bytea: [17, 1001],
  name: [19, 1003],
  int8: [20, 1016],
  int2: [21, 1005],
  int4: [23, 1007],
  text: [25, 1009],
  oid: [26, 1028],
  json: [114, 199],
  float4: [700, 1021],
  float8: [701, 1022],
  bpchar: [1042, 1014],
  varchar: [1043, 1015],
  interval: [1186, 1187],
  regclass: [2205, 2210],
  uuid: [2950, 2951],
  jsonb: [3802, 3807],
} as const satisfies Record<string, readonly [element: number, array: number]>;

type Handler = (value: unknown) => unknown;

/** What the driver keeps about types. */
interface TypeOptions {
  readonly parsers: Record<number, Handler | undefined>;
  readonly serializers: Record<number, Handler | undefined>;
  readonly shared: { readonly typeArrayMap: Record<number, number> };
}

/** Has `client`, made with `fetch_types: false` and settled for its elements, read and write arrays. */
export function useArrayTypes(client: postgres.Sql): void {
  const { parsers, serializers, shared } = client.options as unknown as TypeOptions;
  for (const [element, array] of Object.values(ARRAY_TYPES)) {
    shared.typeArrayMap[element] = array;
    parsers[array] = (text) => readArray(String(text), parsers[element] ?? asText);
    serializers[array] = (list) =>
      Array.isArray(list) ? writeArray(list, serializers[element] ?? String) : list;
  }
}

const asText: Handler = (text) => text;

/** A brace, a comma, or an element: between quotes any character, one after a backslash as it is. */
const TOKEN = /[{},]|"((?:[^"\\]|\\.)*)"|[^{},"]+/gs;

/** A list of whole numbers, as most are. */
const NUMBERS = /^\{[\d,-]+\}$/;

/** The text of an array ("Array Input and Output Syntax" in chapter 8.15 of the manual). */
export function readArray(text: string, read: Handler): unknown[] {
  if (NUMBERS.test(text)) return text.slice(1, -1).split(',').map(read);
  const open: unknown[][] = [[]];
  for (const [token, quoted] of text.matchAll(TOKEN)) {
    if (token === ',') continue;
    if (token === '{') open.push([]);
    else if (token === '}') (open.at(-2) as unknown[]).push(open.pop());
    else if (quoted !== undefined) open.at(-1)?.push(read(quoted.replace(/\\(.)/gs, '$1')));
    else open.at(-1)?.push(token === 'NULL' ? null : read(token));
  }
  return open[0]?.[0] as unknown[];
}

export function writeArray(list: readonly unknown[], write: Handler): string {
  const texts = list.map((one) => {
    // Nothing in it to be quoted; by the hundred thousand in an import.
    if (typeof one === 'number') return String(one);
    if (Array.isArray(one)) return writeArray(one, write);
    assert(one !== undefined, 'an array without one of its values');
    return one === null ? 'null' : `"${String(write(one)).replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${texts.join(',')}}`;
}
