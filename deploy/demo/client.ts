/**
 * A node's public API, as far as the demo needs it: what it does, anybody with a token could do by curl.
 */
import { AppError } from '../../shared/errors.ts';
import type { TraceJson } from '../../shared/http/trace-json.ts';
import type { Participant } from '../federation/participant.ts';
import type { ImportFile } from './outbreak/files.ts';
import type { CaseBody } from './outbreak.ts';

/** What became of an import. */
export interface ImportReport {
  readonly accepted: number;
  readonly rejected: number;
  readonly errors: readonly { readonly line: number; readonly field: string; readonly reason: string }[];
}

/** A contact in its province's list, as far as the demo shows it. */
export interface Contact {
  readonly identifiers: readonly string[];
  readonly name: string | null;
  readonly ward: string | null;
  readonly degree: number;
  readonly seconds: number;
  readonly settings: readonly string[];
  readonly place_kinds: readonly string[];
  readonly exposed_in: readonly string[];
}

const ROWS_AT_ONCE = 500;
const CONTACTS_AT_ONCE = 1_000;

/** Calls throw REQUEST_FAILED with the problem that the node reports, or that it cannot be reached. */
export class NodeClient {
  readonly #participant: Pick<Participant, 'name' | 'url' | 'token'>;
  readonly #signal: AbortSignal;

  /** Calls end when `signal` aborts. */
  constructor(participant: Pick<Participant, 'name' | 'url' | 'token'>, signal: AbortSignal) {
    this.#participant = participant;
    this.#signal = signal;
  }

  /** Streams a file in; `onSent` hears how many rows have left. */
  async importFile(
    { kind, header, rows }: ImportFile,
    onSent: (rows: number) => void,
  ): Promise<ImportReport> {
    const chunks = function* () {
      yield `${header}\n`;
      for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
        const chunk = rows.slice(at, at + ROWS_AT_ONCE);
        yield `${chunk.join('\n')}\n`;
        onSent(chunk.length);
      }
    };
    const body = ReadableStream.from(chunks()).pipeThrough(new TextEncoderStream());
    return this.#json('POST', `/v1/imports/${kind}`, { type: 'text/csv', body });
  }

  /** Id of the new case. */
  async enterCase(body: CaseBody): Promise<string> {
    return (await this.#post<{ id: string }>('/v1/cases', body)).id;
  }

  /** Id of a new forward trace of a case, of what was known by `asOf` (ISO 8601). */
  async openTrace(caseId: string, asOf: string): Promise<string> {
    const request = { cases: [caseId], direction: 'forward', as_of: asOf };
    return (await this.#post<{ id: string }>('/v1/traces', request)).id;
  }

  /** How a trace stands. */
  readTrace(id: string): Promise<TraceJson> {
    return this.#json('GET', `/v1/traces/${id}`);
  }

  /** This province's own contacts of a trace. */
  async listContacts(id: string): Promise<Contact[]> {
    const contacts: Contact[] = [];
    let after = '';
    do {
      const path = `/v1/traces/${id}/contacts?limit=${CONTACTS_AT_ONCE}${after}`;
      const page = await this.#json<{ contacts: Contact[]; next: string | null }>('GET', path);
      contacts.push(...page.contacts);
      after = page.next === null ? '' : `&after=${encodeURIComponent(page.next)}`;
    } while (after !== '');
    return contacts;
  }

  #post<T>(path: string, body: unknown): Promise<T> {
    return this.#json('POST', path, { type: 'application/json', body: JSON.stringify(body) });
  }

  async #json<T>(method: string, path: string, content?: Content): Promise<T> {
    return (await (await this.#fetch(method, path, content)).json()) as T;
  }

  async #fetch(method: string, path: string, content?: Content): Promise<Response> {
    const { url, token } = this.#participant;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(content ? { 'content-type': content.type } : {}),
    };
    const init = {
      method,
      headers,
      signal: this.#signal,
      ...(content ? { body: content.body, duplex: 'half' } : {}),
    };
    const response = await fetch(url + path, init as RequestInit).catch((cause: unknown) => {
      throw this.#failed(`${method} ${path}`, 'no answer', cause);
    });
    if (response.ok) return response;
    throw this.#failed(`${method} ${path}`, `${response.status} ${await response.text()}`);
  }

  #failed(request: string, what: string, cause?: unknown): AppError {
    return new AppError(
      'UNAVAILABLE',
      'REQUEST_FAILED',
      `node ${this.#participant.name}: ${request}: ${what}`,
      {
        ...{ cause, params: { name: this.#participant.name } },
      },
    );
  }
}

interface Content {
  readonly type: string;
  readonly body: string | ReadableStream;
}
