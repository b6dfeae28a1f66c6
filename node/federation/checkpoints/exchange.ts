/**
 * Shows the hub, again and again, a signed checkpoint of this node's audit log, and judges the hub's in turn:
 * neither can rewrite its past unseen by the other. A hub that is away is no error.
 */
import { HUB_ORIGIN } from '../../../shared/audit/checkpoint.ts';
import type { AuditLog } from '../../../shared/audit/log.ts';
import type { PeerLog, PeerLogs, PresentedCheckpoint } from '../../../shared/audit/peer-logs.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../../shared/loop.ts';

/** What each side says: its own checkpoint, what it holds of the other's, why it refuses the other's log. */
export interface CheckpointMessage {
  readonly own: PresentedCheckpoint;
  readonly heldSize: number;
  readonly conflict: string | undefined;
}

/** Asks the hub once. */
export type HubCheckpoints = (message: CheckpointMessage, signal: AbortSignal) => Promise<CheckpointMessage>;

export interface CheckpointExchangeOptions {
  readonly log: AuditLog;
  readonly peers: PeerLogs;
  readonly hub: HubCheckpoints;
  /** Public key of the hub's log. */
  readonly hubKey: PeerLog['key'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  readonly everyMs: number;
}

const HUB = 'hub';

export class CheckpointExchange implements AsyncDisposable {
  readonly #options: CheckpointExchangeOptions;
  readonly #stop = new AbortController();
  readonly #loop: Loop;
  /** Size of our newest checkpoint that the hub holds, as far as we know. */
  #hubHolds = 0;

  constructor(options: CheckpointExchangeOptions) {
    this.#options = options;
    const { clock, logger, watch, everyMs } = options;
    // A hub that is away is no error: it is asked again at the same pace.
    const retryMs = { first: everyMs, most: everyMs };
    const pass = () => this.exchange();
    this.#loop = startLoop({ name: 'audit-checkpoints', clock, logger, watch, everyMs, retryMs, pass });
  }

  /** One exchange. Rejects if the hub cannot be reached or says what is none. */
  async exchange(): Promise<void> {
    const { log, peers, hub, hubKey } = this.#options;
    const { note, size } = await log.checkpoint();
    const present = async () => {
      const fromSize = this.#hubHolds;
      const proof = await log.consistency(fromSize, size);
      const { conflict } = peers.stateOf(HUB);
      const heldSize = await peers.heldSize(HUB);
      const own = { note, fromSize, proof };
      const answer = await hub({ own, heldSize, conflict }, this.#stop.signal);
      this.#hubHolds = answer.heldSize;
      return answer;
    };
    let answer = await present();
    // The hub holds another one than we thought: a proof from there.
    if (!answer.conflict && answer.heldSize < size) answer = await present();
    const refused = answer.conflict ?? (answer.heldSize === size ? undefined : 'CHECKPOINT_NOT_TAKEN');
    peers.noteRefusal(HUB, refused);
    await peers.receive({ name: HUB, origin: HUB_ORIGIN, key: hubKey }, answer.own);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop[Symbol.asyncDispose]();
  }
}
