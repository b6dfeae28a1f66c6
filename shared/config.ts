/**
 * Reads configuration from an env record, strictly: every problem is reported in one message, and nothing is
 * guessed. Programs' own shapes are in `node/config.ts` and `hub/config.ts`.
 */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
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
 * `env` parsed by `schema` into a frozen object. Throws INVALID_CONFIG naming every bad variable, never its
 * value.
 */
export function parseEnv<T extends z.ZodType>(schema: T, env: Env): Readonly<z.output<T>> {
  const parsed = schema.safeParse(env);
  if (parsed.success) return Object.freeze(parsed.data as object) as Readonly<z.output<T>>;
  const details = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.') || 'environment',
    reason: issue.message,
  }));
  const list = details.map((d) => `${d.field}: ${d.reason}`).join('; ');
  throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', `configuration: ${list}`, { details });
}

/** Content of a secret file without the trailing newline. Throws INVALID_CONFIG naming the variable. */
export function readSecretFile(variable: string, path: string): Secret<string> {
  try {
    return new Secret(readFileSync(path, 'utf8').trimEnd());
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', `${variable}: file cannot be read`, { cause });
  }
}
