/**
 * Examples of answers, put together from those of their fields: whoever adds a field gives it an example and
 * has it in every answer. Works on the finished OpenAPI document; knows no feature. A text without an example
 * is left out, and a test finds the answer that lacks it.
 */

type Json = Readonly<Record<string, unknown>>;

/** `document` with an example in each JSON answer of success. */
export function withExamples<D extends object>(document: D): D {
  const copy = structuredClone(document);
  const { paths = {}, components } = copy as { paths?: Json; components?: { schemas?: Json } };
  for (const operation of Object.values(paths).flatMap((byMethod) => Object.values(byMethod as Json))) {
    for (const [status, { content }] of Object.entries((operation as Operation).responses)) {
      const media = content?.['application/json'];
      if (status.startsWith('2') && media) media.example = exampleOf(media.schema, components?.schemas ?? {});
    }
  }
  return copy;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

interface Media {
  readonly schema: Json;
  example?: unknown;
}

function exampleOf(schema: Json, schemas: Json): unknown {
  const { $ref, example, enum: words, anyOf, allOf, type, properties, items } = schema as Schema;
  if (example !== undefined) return example;
  if (words) return words[0];
  if ($ref) return exampleOf(schemas[$ref.split('/').at(-1) as string] as Json, schemas);
  if (allOf) return Object.assign({}, ...allOf.map((part) => exampleOf(part, schemas)));
  // What may be null is shown as what it is otherwise.
  if (anyOf) return exampleOf(anyOf.find((part) => part.type !== 'null') as Json, schemas);
  const kinds = [type].flat();
  if (kinds.includes('array')) return [exampleOf(items as Json, schemas)];
  if (kinds.includes('object')) {
    const fields = Object.entries(properties ?? {});
    return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field, schemas)]));
  }
  if (kinds.includes('boolean')) return true;
  return kinds.includes('integer') || kinds.includes('number') ? 1 : undefined;
}

interface Schema {
  readonly $ref?: string;
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Json[];
  readonly allOf?: readonly Json[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Json>>;
  readonly items?: Json;
}
