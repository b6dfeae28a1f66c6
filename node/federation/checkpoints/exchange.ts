/**
 * Shows the hub, again and again, a signed checkpoint of this node's audit log, and judges the hub's in turn:
 * neither can rewrite its past unseen by the other. A hub that is away is no error.
 */
import { HUB_ORIGIN } from '../../../shared/audit/checkpoint.ts';
import type { AuditLog } from '../../../shared/audit/log.ts';
import type { PeerLog, PeerLogs, PresentedCheckpoint } from '../../../shared/audit/peer-logs.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/log.ts';

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
  readonly everyMs: number;
}

const HUB = 'hub';

export class CheckpointExchange implements AsyncDisposable {
  readonly #options: CheckpointExchangeOptions;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  /** Size of our newest checkpoint that the hub holds, as far as we know. */
  #hubHolds = 0;

  constructor(options: CheckpointExchangeOptions) {
    this.#options = options;
    this.#running = this.#run();
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
      const answer = await hub({ own, heldSize, conflict }, this.#stopped.signal);
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

  async #run(): Promise<void> {
    const { clock, logger, everyMs } = this.#options;
    let failing = false;
    while (!this.#stopped.signal.aborted) {
      await this.exchange()
        .then(() => {
          failing = false;
        })
        .catch((err) => {
          if (!failing) logger.warn({ err }, 'no exchange of audit checkpoints with the hub');
          failing = true;
        });
      await clock.sleep(everyMs, this.#stopped.signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }
}
