/**
 * The HTTP interface of a program as its command line sees it. Knows no route.
 */
import { readFileSync } from 'node:fs';
import type { Env } from '../config.ts';
import { AppError, invalidField } from '../errors.ts';
import { language } from './say.ts';

/** A field and what is wrong with it, as a program has said it. */
interface ProblemField {
  readonly field: string;
  readonly message: string;
}

/** What a program has answered instead, in the language that it was asked for. */
export class ApiProblem extends Error {
  readonly reason: string;
  readonly errors: readonly ProblemField[];
  constructor(reason: string, detail: string, errors: readonly ProblemField[]) {
    super(detail);
    this.reason = reason;
    this.errors = errors;
  }
}

/** Where to call, and as whom. */
export interface ApiAddress {
  readonly url: string;
  readonly token: string;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, instead of JSON. */
  readonly body?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Address of `--url` or TRUYVET_URL, token of the file `--token-file` or of TRUYVET_TOKEN: never of the
 * command line, which every user of the machine can read. Throws INVALID_FIELD.
 */
export function apiAddress(options: { url?: string; tokenFile?: string }, env: Env): ApiAddress {
  const url = options.url ?? env.TRUYVET_URL;
  const token = options.tokenFile === undefined ? env.TRUYVET_TOKEN : readToken(options.tokenFile);
  if (url === undefined || !URL.canParse(url))
    throw invalidField('--url', 'URL_OR_VARIABLE', { variable: 'TRUYVET_URL' });
  if (!token) throw invalidField('--token-file', 'FILE_OR_VARIABLE', { variable: 'TRUYVET_TOKEN' });
  return { url, token };
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw invalidField('--token-file', 'FILE_UNREADABLE');
  }
}

/**
 * The answer to a call. A problem is thrown as ApiProblem; no answer as AppError UNAVAILABLE.
 */
export async function callApi(
  address: ApiAddress,
  path: string,
  request: ApiRequest = {},
): Promise<Response> {
  const response = await send(address, path, request);
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const message = problem.detail ?? `HTTP ${response.status}`;
  if (problem.reason === undefined) {
    const params = { status: response.status };
    throw new AppError('FAILED_PRECONDITION', 'HTTP_ERROR', message, { params });
  }
  throw new ApiProblem(problem.reason, message, problem.errors ?? []);
}

/** Like `callApi`, for JSON answers of shape `T`. */
export async function callJson<T>(address: ApiAddress, path: string, request?: ApiRequest): Promise<T> {
  return (await callApi(address, path, request)).json() as Promise<T>;
}

interface Problem {
  readonly detail: string;
  readonly reason: string;
  readonly errors: readonly ProblemField[];
}

async function send({ url, token }: ApiAddress, path: string, request: ApiRequest): Promise<Response> {
  const { method = 'GET', json, body, headers, signal } = request;
  const init: RequestInit = {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'accept-language': language(),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(signal ? { signal } : {}),
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  };
  // A streamed body needs half duplex, which the types do not know.
  if (body) Object.assign(init, { body: ReadableStream.from(body), duplex: 'half' });
  try {
    return await fetch(new URL(path, url), init);
  } catch (cause) {
    const params = { url: new URL(url).origin };
    throw new AppError('UNAVAILABLE', 'UNREACHABLE', `${params.url} cannot be reached`, { cause, params });
  }
}
