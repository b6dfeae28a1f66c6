/**
 * Who is enrolled, as the running hub knows it: statements checked against the federation CA, a link to every
 * node, and who may connect. Follows the table `members`: whoever changes that table calls `reload`.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import type { Peer } from '../../shared/grpc/peer.ts';
import type { Logger } from '../../shared/log.ts';
import { serialOf } from '../../shared/pki/certificate.ts';
import type { LiveTls } from '../../shared/pki/live-tls.ts';
import { caPublicKey, spkiSha256 } from '../../shared/signed/ca-statement.ts';
import { loadPublicKey, type ProvinceKeys } from '../../shared/signed/opening-keys.ts';
import { type ProvinceStatement, verifyProvinceStatement } from '../../shared/signed/province-statement.ts';
import { ProvinceLink } from './province-link.ts';
import * as queries from './queries.ts';

export interface RosterOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tls: LiveTls;
}

/** A member as nodes are told of it. */
export interface Member {
  readonly statement: ProvinceStatement;
  readonly statementJws: string;
  readonly openingKey: KeyObject;
  /** Epoch milliseconds; null = enrolled. */
  readonly revokedAtMs: number | null;
  readonly link: ProvinceLink;
}

export interface RosterChange {
  /** Links that are new; a province that is enrolled again has a new one. */
  readonly joined: readonly ProvinceLink[];
}

export class Roster implements AsyncDisposable {
  readonly #options: RosterOptions;
  readonly #caKey: KeyObject;
  readonly #listeners = new Set<(change: RosterChange) => void>();
  readonly #stopTls: () => void;
  #members = new Map<string, Member>();
  #revokedSerials: ReadonlySet<string> = new Set();
  #version = 0;
  #turn: Promise<void> = Promise.resolve();

  private constructor(options: RosterOptions) {
    this.#options = options;
    this.#caKey = caPublicKey(options.tls.current.ca);
    this.#stopTls = options.tls.onChange((tls) => {
      for (const { link } of this.#members.values()) link.useTls(tls);
    });
  }

  /** The members that the database has. */
  static async open(options: RosterOptions): Promise<Roster> {
    const roster = new Roster(options);
    await roster.reload();
    return roster;
  }

  /** A link to every province that is enrolled, and of those that were: revoked, and never up. */
  get links(): ProvinceLink[] {
    return [...this.#members.values()].map(({ link }) => link);
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Grows with every change, also over restarts: epoch milliseconds of the last one; 0 = no member yet. */
  get version(): number {
    return this.#version;
  }

  /** Opening keys of the provinces that are enrolled. */
  readonly keys: ProvinceKeys = { get: (province) => this.find(province)?.openingKey };

  /** An enrolled province. */
  find(province: string): Member | undefined {
    const member = this.#members.get(province);
    return member?.revokedAtMs === null ? member : undefined;
  }

  /**
   * Who may connect: a node of an enrolled province, with the very key that the CA states, under a
   * certificate that was not revoked.
   */
  readonly check = (peer: Peer, certificate: X509Certificate): string | undefined => {
    // What the hub's own certificate may call is in the auth table: next to nothing.
    if (peer.kind !== 'node') return undefined;
    const member = this.#members.get(peer.province);
    if (member === undefined) return 'PEER_NOT_ENROLLED';
    if (member.revokedAtMs !== null) return 'PROVINCE_REVOKED';
    if (this.#revokedSerials.has(serialOf(certificate))) return 'CERTIFICATE_REVOKED';
    const isStated = spkiSha256(certificate.publicKey) === member.statement.tls_spki_sha256;
    return isStated ? undefined : 'CERTIFICATE_OF_ANOTHER_KEY';
  };

  /** Calls `listener` after each change; returns how to stop that. */
  onChange(listener: (change: RosterChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Reads the members anew: links for new ones, ends those of revoked ones, tells the listeners. */
  reload(): Promise<void> {
    const turn = this.#turn.then(() => this.#reload());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #reload(): Promise<void> {
    const { db, clock } = this.#options;
    const rows = await queries.listMembers(db);
    this.#revokedSerials = new Set(await queries.listRevokedSerials(db, clock.nowMs()));
    const before = this.#members;
    const members = new Map<string, Member>();
    for (const row of rows) members.set(row.province, await this.#memberOf(row, before.get(row.province)));
    this.#members = members;
    this.#version = Math.max(0, ...rows.map(({ changedAtMs }) => changedAtMs));
    const held = new Set([...before.values()].map(({ link }) => link));
    const joined = this.links.filter((link) => !held.has(link));
    for (const { link } of before.values()) {
      if (!this.links.includes(link)) await link[Symbol.asyncDispose]();
    }
    for (const listener of this.#listeners) listener({ joined });
  }

  async #memberOf(row: queries.MemberRow, before: Member | undefined): Promise<Member> {
    const { province, address, statement: statementJws, revokedAtMs } = row;
    const same = before?.statementJws === statementJws && before.link.address === address;
    // A province that comes back gets a link of its own: a revoked one never works again.
    const link = same && !(before.link.isRevoked && revokedAtMs === null) ? before.link : this.#link(row);
    if (revokedAtMs !== null) link.revoke(revokedAtMs);
    // Stored statements are checked like any other: the table is not the authority.
    const statement = same ? before.statement : await verifyProvinceStatement(statementJws, this.#caKey);
    if (statement.province !== province) throw new Error('a statement is stored under another province');
    return { statement, statementJws, openingKey: loadPublicKey(statement.opening), revokedAtMs, link };
  }

  #link({ province, address }: queries.MemberRow): ProvinceLink {
    const { tls, clock } = this.#options;
    return new ProvinceLink({
      ...{ province, address, clock, tls: tls.current },
      check: (_peer, certificate) => this.check({ kind: 'node', province }, certificate),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTls();
    for (const link of this.links) await link[Symbol.asyncDispose]();
  }
}
