/**
 * The node's API as the console calls it: typed by its own document, every refusal a `Problem`, every request
 * in the language that its reader has chosen.
 */
import createClient from 'openapi-fetch';
import { within } from '../../shared/web/clock.ts';
import { problemOf } from '../../shared/web/problem.ts';
import type { components, paths } from './api.gen.ts';

/** A schema of the document, by its name. */
export type Schema<N extends keyof components['schemas']> = components['schemas'][N];

/** Nobody waits longer at a desk; what takes more is asked for again. */
const PATIENCE_MS = 20_000;

export const api = createClient<paths>({
  baseUrl: '/',
  credentials: 'same-origin',
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, within(PATIENCE_MS)]) }),
});

api.use({
  onRequest: ({ request }) => {
    request.headers.set('accept-language', document.documentElement.lang);
    return request;
  },
  onResponse: async ({ response }) => {
    if (!response.ok) throw await problemOf(response);
    return response;
  },
});

/** The answer of a request; `Problem` where it was refused. */
export async function answered<T>(request: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data, response } = await request;
  if (data === undefined) throw await problemOf(response);
  return data;
}
