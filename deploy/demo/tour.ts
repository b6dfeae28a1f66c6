/**
 * The demo's tour through a running federation, all of it by public API: import the outbreak, enter the case,
 * trace it, read every province's list. Says what happens to whoever watches; prints nothing.
 */
import { systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import type { TraceJson } from '../../shared/http/trace-json.ts';
import type { Federation } from '../federation/federation.ts';
import { NodeClient } from './client.ts';
import type { ProvinceFiles } from './outbreak/files.ts';
import type { Outbreak } from './outbreak.ts';
import type { ImportProgress } from './show/progress.ts';
import type { ContactsByProvince } from './show/result.ts';

type Nodes = Pick<Federation, 'node'>;

/**
 * Imports the files of all provinces at once; `onProgress` hears of each on its way. Throws IMPORT_REJECTED.
 */
export async function importOutbreak(
  federation: Nodes,
  { provinces }: Outbreak,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: ImportProgress) => void },
): Promise<void> {
  await Promise.all(
    provinces.map((files) => {
      return importProvince(new NodeClient(federation.node(files.province), signal), files, onProgress);
    }),
  );
}

async function importProvince(
  node: NodeClient,
  { province, files }: ProvinceFiles,
  onProgress: (progress: ImportProgress) => void,
): Promise<void> {
  const rows = files.reduce((sum, file) => sum + file.rows.length, 0);
  let sentRows = 0;
  for (const [index, file] of files.entries()) {
    const tell = (finished: boolean) => onProgress({ province, kind: file.kind, sentRows, rows, finished });
    const { rejected, errors } = await node.importFile(file, (more) => {
      sentRows += more;
      tell(false);
    });
    if (rejected > 0) {
      const [first] = errors;
      const what = `${rejected} rows of ${file.kind} rejected by node ${province}`;
      throw new AppError(
        'INTERNAL',
        'IMPORT_REJECTED',
        `${what}; line ${first?.line}: ${first?.field} ${first?.reason}`,
      );
    }
    tell(index === files.length - 1);
  }
}

export interface TracedOutbreak {
  readonly trace: TraceJson;
  readonly contacts: ContactsByProvince;
}

export interface TraceWatch {
  readonly signal: AbortSignal;
  /** The node has accepted the request. */
  readonly onAccepted: () => void;
  readonly onProgress: (trace: TraceJson) => void;
  /** How long to wait for `complete`; what is there then is the result. */
  readonly patienceMs: number;
}

/**
 * Enters the case and traces it until it is complete or patience ends. Throws TRACE_REFUSED, REQUEST_FAILED.
 */
export async function traceOutbreak(
  federation: Nodes & Pick<Federation, 'nodes'>,
  { indexCase, asOf }: Outbreak,
  watch: TraceWatch,
): Promise<TracedOutbreak> {
  const { signal } = watch;
  const node = new NodeClient(federation.node(indexCase.province), signal);
  const id = await node.openTrace(await node.enterCase(indexCase.body), asOf);
  watch.onAccepted();
  const trace = await completion(node, id, watch);
  const clients = federation.nodes.map(
    (participant) => [participant.name, new NodeClient(participant, signal)] as const,
  );
  return { trace, contacts: await deliveredContacts(clients, trace, signal) };
}

async function completion(node: NodeClient, id: string, watch: TraceWatch): Promise<TraceJson> {
  const { signal, onProgress, patienceMs } = watch;
  const untilMs = systemClock.nowMs() + patienceMs;
  for (;;) {
    const trace = await node.readTrace(id);
    onProgress(trace);
    if (trace.refusal !== null) {
      throw new AppError(
        'FAILED_PRECONDITION',
        'TRACE_REFUSED',
        `the hub refused the trace: ${trace.refusal}`,
        { params: { refusal: trace.refusal } },
      );
    }
    if (trace.state === 'complete' || systemClock.nowMs() > untilMs) return trace;
    await systemClock.sleep(POLL_MS, signal);
  }
}

const DELIVERY_MS = 10_000;
const POLL_MS = 50;

/** Every province's list, when it is as long as the hub says or after ten seconds. */
async function deliveredContacts(
  clients: readonly (readonly [province: string, node: NodeClient])[],
  trace: TraceJson,
  signal: AbortSignal,
): Promise<ContactsByProvince> {
  const untilMs = systemClock.nowMs() + DELIVERY_MS;
  const lists = clients.map(async ([province, node]) => {
    const expected = trace.contacts.by_province[province] ?? 0;
    for (;;) {
      // A province that has nothing yet does not know the trace.
      const contacts = expected === 0 ? [] : await node.listContacts(trace.id).catch(() => []);
      if (contacts.length === expected || systemClock.nowMs() > untilMs) return [province, contacts] as const;
      await systemClock.sleep(POLL_MS, signal);
      signal.throwIfAborted();
    }
  });
  return new Map(await Promise.all(lists));
}
