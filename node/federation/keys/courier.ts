/**
 * Keeps this node's federation keys in step with the federation, a pass every few seconds: says what it
 * holds, takes what has come for it, passes on what trusted provinces lack, forgets what nobody needs. What
 * counts is decided in rules.ts and shared/signed; what the hub says is checked against signatures or can do
 * no harm.
 */
import { recordAudit } from '../../../shared/audit/record.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { withTransaction } from '../../../shared/db/database.ts';
import { jitteredMs } from '../../../shared/ids.ts';
import { type Loop, type Pause, startLoop } from '../../../shared/loop.ts';
import { type FederationKey, recipientOf, wrapFederationKey } from '../../../shared/signed/federation-key.ts';
import { approvedProvince, keysSha256 } from '../../../shared/signed/key-approval.ts';
import type { ProvinceStatement } from '../../../shared/signed/province-statement.ts';
import { ApprovalReader } from './approvals.ts';
import { withKey } from './key-ring.ts';
import { factsOf, generationOf, type KeyOptions, type KeyView } from './key-view.ts';
import { listGenerationsInUse } from './queries.ts';
import { WrapReceiver } from './receiver.ts';
import * as rules from './rules.ts';

const EVERY_MS = 5_000;
/** A part of the usual pause is the pause while a key is awaited. */
const SOONER = 5;
const FORGET_AFTER_MS = 3_600_000;

export class KeyCourier implements AsyncDisposable {
  readonly #options: KeyOptions;
  readonly #receiver: WrapReceiver;
  readonly #approvals = new ApprovalReader();
  readonly #forgettableSince = new Map<number, number>();
  #view: KeyView | undefined;
  #pass: Promise<KeyView> | undefined;
  readonly #loop: Loop;

  /** At work already. */
  constructor(options: KeyOptions) {
    this.#options = options;
    this.#receiver = new WrapReceiver(options);
    const { clock, logger, watch, everyMs = EVERY_MS } = options;
    const times = { everyMs, retryMs: { first: everyMs / SOONER, most: everyMs } };
    const pass = () => this.#pace();
    this.#loop = startLoop({ name: 'federation-key', clock, logger, watch, ...times, pass });
  }

  /** What the last pass found; undefined before the first. */
  get view(): KeyView | undefined {
    return this.#view;
  }

  /**
   * A whole pass that begins after the call, and what it found. Rejects as the hub or the file does; the
   * next pass tries again.
   */
  async sync(): Promise<KeyView> {
    await this.#pass?.catch(() => undefined);
    return this.#begin(true);
  }

  #begin(fresh: boolean): Promise<KeyView> {
    // Whoever waited for the same pass shares the next one.
    this.#pass ??= this.#passOnce(fresh).finally(() => {
      this.#pass = undefined;
    });
    return this.#pass;
  }

  /** A node that waits for a key looks more often. */
  async #pace(): Promise<Pause> {
    const { everyMs = EVERY_MS } = this.#options;
    await this.#begin(false);
    return { nextInMs: jitteredMs(this.#isWaiting ? everyMs / SOONER : everyMs) };
  }

  get #isWaiting(): boolean {
    const { keys, proposed } = this.#options.ring.content;
    return keys.length === 0 || proposed !== undefined;
  }

  async #passOnce(fresh: boolean): Promise<KeyView> {
    const { ring, hub } = this.#options;
    let view = await this.#look(fresh);
    const settled = await this.#settleProposal(view);
    const received = await this.#receiver.receive(view);
    if (settled || received) view = await this.#look(false);
    const wraps = await this.#wraps(view);
    const relayed = new Set(view.approvals);
    const approvals = ring.content.approvals.filter((approval) => !relayed.has(approval));
    if (wraps.length + approvals.length > 0) {
      await hub.put({ approvals, wraps });
      for (const { to, generation } of wraps)
        this.#options.logger.info({ province: to, generation }, 'federation key sent');
    }
    await this.#forget(view);
    this.#view = view;
    return view;
  }

  /** Reports, and judges what comes back. */
  async #look(fresh: boolean): Promise<KeyView> {
    const { ring, hub, me, clock } = this.#options;
    const { keys, proposed, giver, approvals: own } = ring.content;
    const told = (proposed ? withKey(keys, proposed) : keys).map(generationOf);
    const [state, provinces] = await Promise.all([hub.report(told), this.#options.provinces(fresh)]);
    const verified = await this.#approvals.read([...state.approvals, ...own], provinces, me.holder);
    const standings = provinces.map(({ statement, revoked }) => ({
      ...{ province: statement.province, revoked, keys: keysSha256(statement) },
    }));
    const facts = { me: me.holder.province, provinces: standings, approvals: verified };
    const pinned = giver && { province: giver.province, keys: giver.keysSha256 };
    const trusted = rules.trustedProvinces({ ...facts, giver: pinned });
    return { ...state, atMs: clock.nowMs(), provinces, trusted, verified };
  }

  /** A proposed generation becomes a held one if the hub heard of it first, and goes if it did not. */
  async #settleProposal({ generations }: KeyView): Promise<boolean> {
    const { ring, logger } = this.#options;
    const { proposed } = ring.content;
    if (!proposed) return false;
    const { generation, check } = generationOf(proposed);
    const registered = generations.find((one) => one.generation === generation);
    if (!registered) return false;
    const isOurs = registered.check === check;
    await ring.change(({ proposed: _, ...content }) =>
      isOurs ? { ...content, keys: withKey(content.keys, proposed) } : content,
    );
    if (isOurs) logger.info({ generation }, 'federation key: a new generation');
    else logger.warn({ generation }, 'federation key: another province has made this generation');
    return true;
  }

  async #wraps(view: KeyView): Promise<{ to: string; generation: number; wrap: string }[]> {
    const { ring, me, clock } = this.#options;
    const { keys } = ring.content;
    const statements = new Map(view.provinces.map(({ statement }) => [statement.province, statement]));
    const recipients = new Map<string, string>();
    for (const [province, statement] of statements) recipients.set(province, await recipientOf(statement));
    const approved = ring.content.approvals.map(approvedProvince);
    const neighbours = new Set([...approved, ring.content.giver?.province ?? '']);
    const mine = { me: me.holder.province, trusted: view.trusted, neighbours };
    const facts = { ...factsOf(view, keys), ...mine };
    const wanted = rules.wrapsToMake({
      ...facts,
      waiting: view.waiting,
      recipient: (p) => recipients.get(p),
    });
    const from = { province: me.holder.province, openingKey: me.openingKey };
    const issuedAt = nowSeconds(clock);
    return Promise.all(
      wanted.map(async ({ to, generation }) => {
        const key = keys.find((one) => one.generation === generation) as FederationKey;
        const statement = statements.get(to) as ProvinceStatement;
        return { to, generation, wrap: await wrapFederationKey({ key, from, to: statement, issuedAt }) };
      }),
    );
  }

  async #forget(view: KeyView): Promise<void> {
    const { db, clock, ring, logger, onForgotten, forgetAfterMs = FORGET_AFTER_MS } = this.#options;
    const nowMs = clock.nowMs();
    const facts = factsOf(view, ring.content.keys);
    if (rules.forgettableGenerations(facts, new Set()).length === 0) return this.#forgettableSince.clear();
    const inUse = new Set(await listGenerationsInUse(db, nowSeconds(clock)));
    const idle = new Set(rules.forgettableGenerations(facts, inUse));
    for (const generation of this.#forgettableSince.keys())
      if (!idle.has(generation)) this.#forgettableSince.delete(generation);
    for (const generation of idle)
      if (!this.#forgettableSince.has(generation)) this.#forgettableSince.set(generation, nowMs);
    const due = [...idle].filter(
      (one) => nowMs - (this.#forgettableSince.get(one) ?? nowMs) >= forgetAfterMs,
    );
    if (due.length === 0) return;
    await withTransaction(db, async (tx) => {
      const actor = { kind: 'program', id: `node/${this.#options.me.holder.province}` } as const;
      const entry = { action: 'federation_key.forgotten', actor, outcome: 'done' } as const;
      await recordAudit(tx, { ...entry, detail: { generations: due } }, nowSeconds(clock));
      await ring.change((content) => ({
        ...content,
        keys: content.keys.filter(({ generation }) => !due.includes(generation)),
      }));
    });
    onForgotten(due);
    logger.info({ generations: due }, 'federation key: generations forgotten');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
    await this.#pass?.catch(() => undefined);
  }
}
