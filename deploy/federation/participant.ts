/**
 * What a federation is made of, as its callers see it: the hub and the nodes, how to reach them and with
 * what token.
 */
import type { LaunchedProgram } from './program.ts';

/**
 * A program of the federation. `pid` and `running` change when it ends and starts again; nothing else does.
 */
export interface Participant {
  /** `hub`, or the province code. */
  readonly name: string;
  readonly url: string;
  /** `host:port`. */
  readonly grpcAddress: string;
  readonly databaseUrl: string;
  /** Ring of data keys of a node; the hub has none. */
  readonly dataKeysFile: string | undefined;
  /** Bearer token with every role that this program knows. */
  readonly token: string;
  readonly logFile: string;
  readonly pid: number;
  readonly running: boolean;
}

/** One program in the line that `--json` prints (README.md, A federation on one machine). */
export interface ParticipantSummary {
  readonly url: string;
  readonly database_url: string;
  readonly token: string;
  readonly pid: number;
}

/** The line that `--json` prints. */
export interface FederationSummary {
  readonly hub: ParticipantSummary;
  readonly nodes: readonly (ParticipantSummary & { readonly province: string })[];
}

/** `hub` → `truyvet-hub`, `24` → `truyvet-node-24`: whom its tokens are meant for. */
export function audienceOf(name: string): string {
  return name === 'hub' ? 'truyvet-hub' : `truyvet-node-${name}`;
}

/** `program` as a participant; `pid` and `running` stay current. */
export function participantOf(
  program: LaunchedProgram,
  fixed: Omit<Participant, 'pid' | 'running'>,
): Participant {
  return {
    ...fixed,
    get pid() {
      return program.pid;
    },
    get running() {
      return program.running;
    },
  };
}

/** What `--json` says of the hub and the nodes. */
export function summaryOf(hub: Participant, nodes: readonly Participant[]): FederationSummary {
  const summarize = ({ url, databaseUrl, token, pid }: Participant): ParticipantSummary => ({
    url,
    database_url: databaseUrl,
    token,
    pid,
  });
  return {
    hub: summarize(hub),
    nodes: nodes.map((node) => ({ province: node.name, ...summarize(node) })),
  };
}
