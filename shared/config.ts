/**
 * Reads configuration from an env record, strictly: every problem is reported in one message, and nothing is
 * guessed. Programs' own shapes are in `node/config.ts` and `hub/config.ts`.
 */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { CONFIG_EXAMPLES } from './config-examples.ts';
import { AppError } from './errors.ts';

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
  const details = parsed.error.issues.map((issue) => {
    const field = issue.path.join('.') || 'environment';
    const example = CONFIG_EXAMPLES[field.split('.')[0] ?? field];
    const isMissing = issue.code === 'invalid_type' && env[field] === undefined;
    const what = isMissing ? 'missing' : wrongWith(issue);
    return { field, reason: example === undefined ? what : `${what}, for example ${example}` };
  });
  const list = details.map((d) => `${d.field}: ${d.reason}`).join('; ');
  throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', `configuration: ${list}`, { details });
}

/** What is wrong with a variable, in our words: the schema's own, except where it has none of ours. */
function wrongWith(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `not a ${issue.expected}`;
    case 'too_small':
      return issue.origin === 'string' ? 'empty' : `less than ${issue.minimum}`;
    case 'too_big':
      return `more than ${issue.maximum}`;
    case 'invalid_value':
      return `none of ${issue.values.join(', ')}`;
    default:
      return issue.message;
  }
}

/** Content of a secret file without the trailing newline. Throws INVALID_CONFIG naming the variable. */
export function readSecretFile(variable: string, path: string): Secret<string> {
  try {
    return new Secret(readFileSync(path, 'utf8').trimEnd());
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', `${variable}: file cannot be read`, { cause });
  }
}
