/**
 * `truyvet-node trace start, show, list`: traces on the command line, through the HTTP interface
 * and with the rights of its token.
 */
import type { Command } from 'commander';
import { type ApiAddress, callApi, callJson } from '../../../shared/cli/api.ts';
import { readEvents } from '../../../shared/cli/events.ts';
import { type ListOptions, listCommand, showList } from '../../../shared/cli/lists.ts';
import { StatusLine } from '../../../shared/cli/terminal.ts';
import { formatProgress, formatTrace, TRACES, type TraceJson } from '../../../shared/cli/trace.ts';

/** Adds `trace` and its commands to `program`; `address` is where the node is and as whom it is called. */
export function addTraceCommands(program: Command, address: () => ApiAddress): Command {
  const trace = program.command('trace').description('truy vết · traces');
  trace
    .command('start <cases...>')
    .description('bắt đầu truy vết từ các ca · start a trace from cases')
    .option('--direction <word>', 'forward | backward', 'forward')
    .option('--max-degree <n>', 'bậc cao nhất · highest degree')
    .option('--as-of <instant>', 'đến lúc · until, ISO 8601')
    .option('--watch', 'theo dõi đến khi xong · watch until complete')
    .action(async (cases: string[], options: Record<string, string | undefined>) => {
      const json = {
        ...{ cases, direction: options.direction, as_of: options.asOf },
        ...(options.maxDegree === undefined ? {} : { max_degree: Number(options.maxDegree) }),
      };
      const { id } = await callJson<{ id: string }>(address(), '/v1/traces', { method: 'POST', json });
      process.stdout.write(`${id}\n`);
      if (options.watch) await watch(address(), id);
    });
  trace
    .command('show <id>')
    .description('trạng thái truy vết · how a trace stands')
    .option('--watch', 'theo dõi đến khi xong · watch until complete')
    .action(async (id: string, options: { watch?: boolean }) => {
      if (options.watch) return watch(address(), id);
      const found = await callJson<TraceJson>(address(), `/v1/traces/${encodeURIComponent(id)}`);
      process.stdout.write(formatTrace(found));
    });
  listCommand(trace.command('list'))
    .description('các truy vết, mới nhất trước, giờ Việt Nam · traces, newest first, in local time')
    .action(async (options: ListOptions) => {
      process.stdout.write(await showList(address(), TRACES, options));
    });
  return trace;
}

/** Progress on one line until the trace is complete or closed, then the trace. */
async function watch(api: ApiAddress, id: string): Promise<void> {
  const line = new StatusLine(process.stderr);
  const left = new AbortController();
  const path = `/v1/traces/${encodeURIComponent(id)}/events`;
  const response = await callApi(api, path, { signal: left.signal });
  for await (const { event, data } of readEvents(response)) {
    if (event === 'contacts') continue;
    const found = data as TraceJson;
    line.show(formatProgress(found));
    if (found.state !== 'complete' && found.state !== 'closed') continue;
    line.end();
    process.stdout.write(formatTrace(found));
    break;
  }
  left.abort();
}
