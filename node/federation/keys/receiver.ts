/**
 * Takes in the generations that other provinces have wrapped for this node: opens, checks, stores, and puts
 * on the record what it takes and what it refuses, each once.
 */
import { createHash } from 'node:crypto';
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { withTransaction } from '../../../shared/db/database.ts';
import { AppError, toAppError } from '../../../shared/errors.ts';
import {
  admitKey,
  type KeyHolder,
  type ReceivedKey,
  recipientOf,
  unwrapFederationKey,
} from '../../../shared/signed/federation-key.ts';
import { keysSha256 } from '../../../shared/signed/key-approval.ts';
import { withKey } from './key-ring.ts';
import type { KeyOptions, KeyView } from './key-view.ts';

export class WrapReceiver {
  readonly #options: KeyOptions;
  /** Digests of wraps that were refused: each is put on the record once. */
  readonly #refused = new Set<string>();

  constructor(options: KeyOptions) {
    this.#options = options;
  }

  /** Takes what waits; whether anything was taken. A wrap that is refused changes nothing. */
  async receive(view: KeyView): Promise<boolean> {
    const { me, ring, hub } = this.#options;
    const mine = await recipientOf(me.holder);
    const newest = ring.content.keys.at(-1)?.generation ?? 0;
    const isForMe = (wrap: KeyView['waiting'][number]) =>
      wrap.to === me.holder.province && wrap.recipient === mine;
    if (!view.waiting.some((wrap) => isForMe(wrap) && wrap.generation > newest)) return false;
    const opened = await this.#open(await hub.list(), view);
    let taken = false;
    for (const wrap of opened) taken = (await this.#take(wrap, view)) || taken;
    return taken;
  }

  /** The wraps that open, by generation. */
  async #open(wraps: readonly string[], view: KeyView): Promise<OpenedWrap[]> {
    const { me } = this.#options;
    const givers = this.#givers(view);
    const unwrapper = {
      ...{ me: me.holder, enrolmentKey: me.enrolmentKey },
      giver: (province: string) => givers.get(province),
    };
    const opened: OpenedWrap[] = [];
    for (const text of wraps) {
      const wrapped = await unwrapFederationKey(text, unwrapper).catch((error: unknown) => toAppError(error));
      if (wrapped instanceof AppError) await this.#refuse(text, wrapped);
      else opened.push({ ...wrapped, text });
    }
    return this.#withoutConflicts(opened.sort((a, b) => a.generation - b.generation));
  }

  /**
   * A node that has a key takes others only from provinces that it trusts. A newcomer takes its first from
   * any that has approved it, unless its own operator has approved a province first: then from no other.
   */
  #givers(view: KeyView): ReadonlyMap<string, KeyHolder> {
    const { me, ring } = this.#options;
    const { keys, approvals } = ring.content;
    const standing = view.provinces.filter(({ revoked }) => !revoked).map(({ statement }) => statement);
    const mine = keysSha256(me.holder);
    const approvers = new Set(
      view.verified
        .filter(({ to, keys: theirs }) => to === me.holder.province && theirs === mine)
        .map((a) => a.from),
    );
    const isNew = keys.length === 0 && approvals.length === 0;
    const givers = standing.filter(({ province }) => (isNew ? approvers : view.trusted).has(province));
    return new Map(givers.map((statement) => [statement.province, statement]));
  }

  /** A newcomer that is offered two keys under one number cannot tell which is true: it takes none. */
  async #withoutConflicts(opened: readonly OpenedWrap[]): Promise<OpenedWrap[]> {
    if (this.#options.ring.content.keys.length > 0) return [...opened];
    const differs = (a: OpenedWrap, b: OpenedWrap) =>
      a.generation === b.generation && !Buffer.from(a.key).equals(b.key);
    const conflicting = opened.filter((wrap) => opened.some((other) => differs(wrap, other)));
    for (const { generation, text } of conflicting) {
      const message = `federation key: provinces give different keys of generation ${generation}`;
      const params = { generation };
      const conflict = new AppError('PERMISSION_DENIED', 'FEDERATION_KEY_CONFLICT', message, { params });
      await this.#refuse(text, conflict);
    }
    return conflicting.length > 0 ? [] : [...opened];
  }

  async #take(wrap: OpenedWrap, view: KeyView): Promise<boolean> {
    const { db, clock, ring, logger } = this.#options;
    const { from, generation, key, useFrom, text } = wrap;
    const giver = view.provinces.find(({ statement }) => statement.province === from)?.statement as KeyHolder;
    try {
      if (admitKey(ring.content.keys, wrap) === 'held') return false;
      await withTransaction(db, async (tx) => {
        const actor = { kind: 'node', id: from } as const;
        const entry = { action: 'federation_key.received', actor, outcome: 'done' } as const;
        await recordAudit(tx, { ...entry, detail: { generation } }, nowSeconds(clock));
        await ring.change((content) => ({
          ...content,
          keys: withKey(content.keys, { generation, key, useFrom }),
          giver: content.keys.length > 0 ? content.giver : { province: from, keysSha256: keysSha256(giver) },
        }));
      });
    } catch (error) {
      const refusal = toAppError(error);
      if (refusal.code !== 'PERMISSION_DENIED') throw error;
      await this.#refuse(text, refusal);
      return false;
    }
    logger.info({ province: from, generation }, 'federation key received');
    return true;
  }

  async #refuse(text: string, { reason }: AppError): Promise<void> {
    const digest = createHash('sha256').update(text).digest('hex');
    if (this.#refused.has(digest)) return;
    const { db, clock, logger } = this.#options;
    const refused = { action: 'federation_key.received', outcome: 'refused', reason } as const;
    await recordAudit(
      db,
      { ...refused, actor: HUB_ACTOR, detail: { wrap_sha256: digest } },
      nowSeconds(clock),
    );
    this.#refused.add(digest);
    logger.error({ reason, wrap_sha256: digest }, 'a wrap of the federation key was refused');
  }
}

interface OpenedWrap extends ReceivedKey {
  readonly text: string;
}
