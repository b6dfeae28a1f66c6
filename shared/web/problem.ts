/**
 * What went wrong with a request, as the pages show it: a problem of the program (RFC 9457) in the reader's
 * language, or that nothing answered.
 */

/** A field and what is wrong with it. */
export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

interface ProblemBody {
  readonly title?: string;
  readonly detail?: string;
  readonly reason?: string;
  readonly errors?: readonly FieldProblem[];
  readonly request_id?: string;
}

/** An answer that is a problem; status 0 where nobody answered. */
export class Problem extends Error {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly FieldProblem[];
  readonly requestId: string | undefined;

  constructor(status: number, body: ProblemBody) {
    super(body.detail ?? body.title ?? `status ${status}`);
    this.name = 'Problem';
    this.status = status;
    this.reason = body.reason ?? 'UNKNOWN';
    this.fields = body.errors ?? [];
    this.requestId = body.request_id;
  }
}

/** The problem in an answer of status 400 and above, whatever its body is. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => ({}));
  return new Problem(response.status, body as ProblemBody);
}

/** Any failure as a problem: a request that never reached the program throws a TypeError in browsers. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, { reason: 'UNREACHABLE' });
}
