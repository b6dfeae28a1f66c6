/**
 * What a service account may be given. A scope is a set of acts: those whose rows name it (`scope`). Stored
 * accounts name scopes, so that the list only grows.
 */

/** What integrators do, except what is about a person's own rights. */
export const SERVICE_SCOPES = ['imports.write', 'cases.write'] as const;

export type ServiceScope = (typeof SERVICE_SCOPES)[number];

/** Whether a word is among SERVICE_SCOPES. */
export function isServiceScope(word: string): word is ServiceScope {
  return SERVICE_SCOPES.some((scope) => scope === word);
}
