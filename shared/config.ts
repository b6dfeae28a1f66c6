/**
 * Reads configuration from an env record, strictly: every problem is reported in one message, and nothing is
 * guessed. Programs' own shapes are in `node/config.ts` and `hub/config.ts`.
 */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { CONFIG_EXAMPLES } from './config-examples.ts';
import { AppError, type FieldError, listed } from './errors.ts';
import { fieldText } from './i18n/catalogue.ts';
import { shapeErrors } from './shape-errors.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** A value that must not be printed: it hides itself from JSON, string conversion and inspection. */
export class Secret<T> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

/**
 * `env` parsed by `schema` into a frozen object. Throws INVALID_CONFIG naming every bad variable and what
 * could stand there, never what does.
 */
export function parseEnv<T extends z.ZodType>(schema: T, env: Env): Readonly<z.output<T>> {
  const parsed = schema.safeParse(env);
  if (parsed.success) return Object.freeze(parsed.data as object) as Readonly<z.output<T>>;
  const found = shapeErrors(parsed.error, 'environment').map((error) => ({
    error,
    example: exampleOf(error),
  }));
  const list = found.map(({ error, example }) =>
    listed([error]).concat(example === undefined ? '' : `, ${fieldText(example, 'en')}`),
  );
  const details = found.flatMap(({ error, example }) => (example ? [error, example] : [error]));
  throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', `configuration: ${list.join('; ')}`, { details });
}

/** What could stand in a variable. */
function exampleOf({ field }: FieldError): FieldError | undefined {
  const example = CONFIG_EXAMPLES[field.split(/[.[]/)[0] ?? field];
  return example === undefined ? undefined : { field, reason: 'FOR_EXAMPLE', params: { example } };
}

/** Content of a secret file without the trailing newline. Throws INVALID_CONFIG naming the variable. */
export function readSecretFile(variable: string, path: string): Secret<string> {
  try {
    return new Secret(readFileSync(path, 'utf8').trimEnd());
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', `${variable}: file cannot be read`, {
      ...{ cause, details: [{ field: variable, reason: 'FILE_UNREADABLE' }] },
    });
  }
}
