/**
 * What other programs have signed about their audit logs: accepted when it continues what we hold, else
 * refused, kept as evidence, and told to whoever looks. It stops nothing: a log that was rewritten is a
 * matter between people.
 */
import type { KeyObject } from 'node:crypto';
import { type Clock, nowSeconds } from '../clock.ts';
import { type Database, type Transaction, withTransaction } from '../db/database.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { HUB_ACTOR, nodeActor } from './actors.ts';
import { type Checkpoint, type LogOrigin, openCheckpoint } from './checkpoint.ts';
import {
  findConflictSince,
  findPeerCheckpoint,
  insertPeerCheckpoint,
  type PeerCheckpoint,
} from './checkpoints-queries.ts';
import { verifyConsistency } from './merkle.ts';
import { lockPeer } from './queries.ts';
import { recordAudit } from './record.ts';

/** Whose log it is: a province's, or the hub's. */
export interface PeerLog {
  /** `hub`, or the province: how it is named here. */
  readonly name: string;
  readonly origin: LogOrigin;
  /** Public Ed25519. */
  readonly key: KeyObject;
}

/** A checkpoint as its owner presents it, with the proof that its log of `fromSize` entries still stands. */
export interface PresentedCheckpoint {
  readonly note: string;
  readonly fromSize: number;
  readonly proof: readonly Uint8Array[];
}

/** Shorter than it was; of the same length but another; longer, and not a continuation. */
export type Conflict = 'AUDIT_LOG_TRUNCATED' | 'AUDIT_LOG_FORKED' | 'AUDIT_LOG_REWRITTEN';

export interface Reception {
  /** Size of the newest checkpoint that we hold now; 0 = none. */
  readonly heldSize: number;
  readonly conflict: Conflict | undefined;
}

/** How it stands with a peer's log since this program started. */
export interface PeerState {
  /** When it last presented what continues its log, epoch ms. */
  readonly heardAtMs: number | undefined;
  readonly conflict: string | undefined;
  /** Why it refuses ours. */
  readonly refusesOurs: string | undefined;
}

export interface PeerLogsOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Counts one refusal of a peer's log. */
  readonly countConflict: (peer: string, reason: string) => void;
  /** How long a peer may be silent; 10 minutes unless told. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 600_000;
const UNHEARD: PeerState = { heardAtMs: undefined, conflict: undefined, refusesOurs: undefined };

export class PeerLogs {
  readonly #options: PeerLogsOptions;
  readonly #startedMs: number;
  readonly #states = new Map<string, PeerState>();

  constructor(options: PeerLogsOptions) {
    this.#options = options;
    this.#startedMs = options.clock.nowMs();
  }

  /**
   * Judges a checkpoint and keeps it. One that continues another size than the one we hold is neither
   * accepted nor refused: it is to be presented again with a proof from `heldSize`. Throws PERMISSION_DENIED
   * BAD_CHECKPOINT for what the peer has not signed.
   */
  async receive(peer: PeerLog, presented: PresentedCheckpoint): Promise<Reception> {
    const checkpoint = this.#open(peer, presented);
    const reception = await withTransaction(this.#options.db, async (tx) => {
      await lockPeer(tx, peer.name);
      const held = await findPeerCheckpoint(tx, peer.name);
      const verdict = judge(held, checkpoint, presented);
      if (verdict === 'again') return { heldSize: held?.size ?? 0, conflict: undefined, heard: false };
      if (verdict !== 'same') await this.#keep(tx, { peer, held, verdict, checkpoint, note: presented.note });
      const conflict = verdict === 'same' || verdict === 'next' ? undefined : verdict;
      const heldSize = conflict ? (held?.size ?? 0) : checkpoint.size;
      return { heldSize, conflict, heard: !conflict };
    });
    this.#note(peer.name, reception);
    return { heldSize: reception.heldSize, conflict: reception.conflict };
  }

  /**
   * Takes the checkpoint for which the peer's log is refused at present as the one that it must continue from
   * now on, in the caller's transaction. What was held and what was refused stay where they are; the warning
   * ends when the peer has shown that it continues. Throws FAILED_PRECONDITION NO_CONFLICT.
   */
  async acceptRefused(
    tx: Transaction,
    peer: string,
  ): Promise<{ held: PeerCheckpoint; base: KeptCheckpoint }> {
    await lockPeer(tx, peer);
    const held = await findPeerCheckpoint(tx, peer);
    const { conflict } = this.stateOf(peer);
    const refused = held && conflict && (await findConflictSince(tx, { peer, conflict, id: held.id }));
    if (!refused) {
      const message = `nothing to accept: no log of ${peer} is refused since this program started`;
      throw new AppError('FAILED_PRECONDITION', 'NO_CONFLICT', message, { params: { peer } });
    }
    const id = await insertPeerCheckpoint(tx, { peer, ...refused, conflict: null });
    return { held, base: { ...refused, id } };
  }

  /** Size of the newest checkpoint of the peer that we hold; 0 = none. */
  async heldSize(peer: string): Promise<number> {
    return (await findPeerCheckpoint(this.#options.db, peer))?.size ?? 0;
  }

  /** Takes down why a peer refuses our log, undefined if it does not. */
  noteRefusal(peer: string, reason: string | undefined): void {
    const state = this.stateOf(peer);
    if (reason && reason !== state.refusesOurs) {
      this.#options.logger.error({ peer, reason }, 'our audit log is refused: it is not what it was');
    }
    this.#states.set(peer, { ...state, refusesOurs: reason });
  }

  stateOf(peer: string): PeerState {
    return this.#states.get(peer) ?? UNHEARD;
  }

  /** What an operator should look at, of these peers: `24: AUDIT_LOG_TRUNCATED`. */
  warnings(peers: readonly string[]): string[] {
    const { clock, patienceMs = PATIENCE_MS } = this.#options;
    return peers.flatMap((peer) => {
      const { heardAtMs = this.#startedMs, conflict, refusesOurs } = this.stateOf(peer);
      const silent = !conflict && clock.nowMs() - heardAtMs > patienceMs;
      return [
        ...(conflict ? [`${peer}: ${conflict}`] : []),
        ...(silent ? [`${peer}: AUDIT_LOG_SILENT`] : []),
        ...(refusesOurs ? [`${peer} refuses our log: ${refusesOurs}`] : []),
      ];
    });
  }

  #open({ name, origin, key }: PeerLog, { note }: PresentedCheckpoint): Checkpoint {
    try {
      return openCheckpoint(note, origin, key);
    } catch (error) {
      this.#note(name, { conflict: toAppError(error).reason, heard: false });
      throw error;
    }
  }

  /** The first of its kind is evidence enough: what a peer repeats must not fill our tables. */
  async #keep(tx: Transaction, found: Finding): Promise<void> {
    const { peer, held, verdict, checkpoint, note } = found;
    const conflict = verdict === 'next' ? null : verdict;
    const since = { peer: peer.name, conflict: verdict, id: held?.id ?? 0 };
    if (conflict && (await findConflictSince(tx, since))) return;
    await insertPeerCheckpoint(tx, { peer: peer.name, ...checkpoint, note, conflict });
    if (!conflict) return;
    const detail = { size: checkpoint.size, held_size: held?.size ?? 0 };
    const actor = peer.name === 'hub' ? HUB_ACTOR : nodeActor(peer.name);
    const entry = { action: 'checkpoint.refused', actor, outcome: 'refused' } as const;
    await recordAudit(tx, { ...entry, reason: conflict, detail }, nowSeconds(this.#options.clock));
  }

  #note(peer: string, { conflict, heard }: { conflict: string | undefined; heard: boolean }): void {
    const { clock, logger, countConflict } = this.#options;
    const state = this.stateOf(peer);
    if (conflict) countConflict(peer, conflict);
    if (conflict && conflict !== state.conflict) {
      logger.error({ peer, reason: conflict }, 'the audit log of another program is not what it was');
    }
    if (heard) this.#states.set(peer, { ...state, heardAtMs: clock.nowMs(), conflict: undefined });
    else if (conflict) this.#states.set(peer, { ...state, conflict });
  }
}

/** A checkpoint of a peer with its number here. */
export type KeptCheckpoint = Omit<PeerCheckpoint, 'receivedAtMs'>;

interface Finding {
  readonly peer: PeerLog;
  readonly held: PeerCheckpoint | undefined;
  readonly verdict: Conflict | 'next';
  readonly checkpoint: Checkpoint;
  readonly note: string;
}

function judge(
  held: Checkpoint | undefined,
  checkpoint: Checkpoint,
  { fromSize, proof }: PresentedCheckpoint,
): Conflict | 'next' | 'same' | 'again' {
  if (!held) return 'next';
  if (checkpoint.size < held.size) return 'AUDIT_LOG_TRUNCATED';
  if (checkpoint.size === held.size) {
    return Buffer.compare(checkpoint.root, held.root) === 0 ? 'same' : 'AUDIT_LOG_FORKED';
  }
  if (fromSize !== held.size) return 'again';
  const [oldSize, oldRoot] = [held.size, held.root];
  const claim = { oldSize, oldRoot, newSize: checkpoint.size, newRoot: checkpoint.root, proof };
  return verifyConsistency(claim) ? 'next' : 'AUDIT_LOG_REWRITTEN';
}
