/**
 * `truyvet-node trace start, show, list`: traces on the command line, through the HTTP interface
 * and with the rights of its token.
 */

import type { Command } from 'commander';
import { type ApiAddress, callApi, callJson } from '../../../shared/cli/api.ts';
import { readEvents } from '../../../shared/cli/events.ts';
import { type ListOptions, listCommand, showList } from '../../../shared/cli/lists.ts';
import { say } from '../../../shared/cli/say.ts';
import type { Shell } from '../../../shared/cli/shell.ts';
import { StatusLine } from '../../../shared/cli/terminal.ts';
import {
  formatProgress,
  formatTrace,
  TRACES,
  type TraceJson,
  warningLine,
} from '../../../shared/cli/trace.ts';

/** Adds `trace` and its commands to `program`; `address` is where the node is and as whom it is called. */
export function addTraceCommands(program: Command, shell: Shell, address: () => ApiAddress): Command {
  const trace = program.command('trace').description(say('trace'));
  trace
    .command('start <cases...>')
    .description(say('trace.start'))
    .option('--direction <word>', 'forward | backward', 'forward')
    .option('--max-degree <n>', say('trace.max_degree'))
    .option('--as-of <instant>', say('trace.as_of'))
    .option('--watch', say('trace.watch'))
    .action(async (cases: string[], options: Record<string, string | undefined>) => {
      const json = {
        ...{ cases, direction: options.direction, as_of: options.asOf },
        ...(options.maxDegree === undefined ? {} : { max_degree: Number(options.maxDegree) }),
      };
      const { id, warnings = [] } = await callJson<OpenedJson>(address(), '/v1/traces', {
        method: 'POST',
        json,
      });
      shell.stdout.write(`${id}\n`);
      // Beside the id, which a script may take further.
      for (const warning of warnings) shell.stderr.write(warningLine(warning));
      if (options.watch) await watch(shell, address(), id);
    });
  trace
    .command('show <id>')
    .description(say('trace.show'))
    .option('--watch', say('trace.watch'))
    .action(async (id: string, options: { watch?: boolean }) => {
      if (options.watch) return watch(shell, address(), id);
      const found = await callJson<TraceJson>(address(), `/v1/traces/${encodeURIComponent(id)}`);
      shell.stdout.write(formatTrace(found));
    });
  listCommand(trace.command('list'))
    .description(say('trace.list'))
    .action(async (options: ListOptions) => {
      shell.stdout.write(await showList(address(), TRACES, options));
    });
  return trace;
}

interface OpenedJson {
  readonly id: string;
  /** Absent from an older node. */
  readonly warnings?: TraceJson['warnings'];
}

/** Progress on one line until the trace is complete or closed, then the trace. */
async function watch(shell: Shell, api: ApiAddress, id: string): Promise<void> {
  const line = new StatusLine(shell.stderr);
  const left = new AbortController();
  const path = `/v1/traces/${encodeURIComponent(id)}/events`;
  const response = await callApi(api, path, { signal: left.signal });
  for await (const { event, data } of readEvents(response)) {
    if (event === 'contacts') continue;
    const found = data as TraceJson;
    line.show(formatProgress(found));
    if (found.state !== 'complete' && found.state !== 'closed') continue;
    line.end();
    shell.stdout.write(formatTrace(found));
    break;
  }
  left.abort();
}
