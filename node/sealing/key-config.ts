/**
 * The variables that say where the data keys come from: DATA_KEYS_FILE, or DATA_KEYS_COMMAND. Reads neither.
 */
import { z } from 'zod';
import { type Env, parseEnv } from '../../shared/config.ts';
import { fault, refuse } from '../../shared/shape-errors.ts';
import type { KeySource } from './key-source.ts';

/** A program and its arguments, separated by spaces; there is no shell, so there are no quotes. */
const command = z.string().transform((text, ctx) => {
  const words = text.split(/\s+/).filter(Boolean);
  if (words[0]?.startsWith('/')) return words;
  return refuse(ctx, { reason: 'NOT_A_PROGRAM' });
});

/** Both optional here; `hasOneKeySource` wants one of them. */
export const dataKeyFields = {
  DATA_KEYS_FILE: z.string().min(1).optional(),
  DATA_KEYS_COMMAND: command.optional(),
};

type DataKeyVariables = z.output<z.ZodObject<typeof dataKeyFields>>;

/** For `refine`: exactly one of the two must be there. */
export function hasOneKeySource(env: Partial<DataKeyVariables>): boolean {
  return (env.DATA_KEYS_FILE === undefined) !== (env.DATA_KEYS_COMMAND === undefined);
}

/** What is said otherwise, beside whatever else is wrong. */
export const ONE_KEY_SOURCE = {
  path: ['DATA_KEYS_FILE'],
  message: fault({ reason: 'EXACTLY_ONE_OF', params: { fields: 'DATA_KEYS_FILE, DATA_KEYS_COMMAND' } }),
  when: () => true,
};

/** The source that checked variables name. */
export function keySourceOf({ DATA_KEYS_FILE, DATA_KEYS_COMMAND }: DataKeyVariables): KeySource {
  return DATA_KEYS_FILE === undefined ? { command: DATA_KEYS_COMMAND ?? [] } : { file: DATA_KEYS_FILE };
}

/** Those variables alone, for what needs nothing else. Throws INVALID_CONFIG. */
export function parseKeySource(env: Env): KeySource {
  return keySourceOf(parseEnv(z.object(dataKeyFields).refine(hasOneKeySource, ONE_KEY_SOURCE), env));
}
