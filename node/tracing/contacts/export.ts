/**
 * Contacts of a trace as a file that leaves the node in somebody's hands, page by page: a page goes out only
 * after the entry that counts it is in the log. Knows nothing of CSV.
 */
import type { Caller } from '../../../shared/acts/access.ts';
import { type Contact, EXPORTING, listContacts, type TracesContext } from '../openings/operations.ts';

const PAGE_ROWS = 1_000;

export interface ExportRequest {
  readonly traceId: string;
  readonly ward?: string | undefined;
}

/**
 * This province's contacts of a trace in the caller's area, by id, in pages of up to 1,000; the first one may
 * be empty. Throws NOT_FOUND NO_SUCH_TRACE as `readTrace` does, and at any page what `decide` throws: a token
 * may end on the way.
 */
export async function* exportContacts(
  ctx: TracesContext,
  caller: Caller,
  request: ExportRequest,
): AsyncGenerator<Contact[], void> {
  for (let after: string | undefined; ; ) {
    const found = await listContacts(ctx, caller, { ...request, after, limit: PAGE_ROWS, as: EXPORTING });
    const page = found.slice(0, PAGE_ROWS);
    yield page;
    if (found.length <= PAGE_ROWS) return;
    after = page.at(-1)?.id;
  }
}
