/**
 * Who gets the federation key, which generation an opening uses, and when one is forgotten. Pure: works on
 * what the hub relays, and is built so that a hub that lies about it can cause refusals and delay, no more.
 */

/** The keys that a province has now, by its statement of the federation CA; `keys` is their digest. */
export interface Standing {
  readonly province: string;
  readonly keys: string;
  readonly revoked: boolean;
}

/** Verified: `from` has vouched that `keys` are those of `to`. */
export interface Approval {
  readonly from: string;
  readonly to: string;
  readonly keys: string;
}

export interface TrustFacts {
  readonly me: string;
  /** Who gave this node its first key. */
  readonly giver?: { readonly province: string; readonly keys: string } | undefined;
  readonly provinces: readonly Standing[];
  readonly approvals: readonly Approval[];
}

/**
 * Provinces whose keys people have compared: this one, the one that gave it its first key, and whomever one
 * of these has approved. A statement of the CA alone does not count, for a hub that holds the CA could enrol
 * a province of its own; nor does an approval of this province by another, for that puppet could give one.
 * Approvals are of certain keys: who has new ones must be approved anew, and who is revoked vouches for
 * nobody.
 */
export function trustedProvinces({ me, giver, provinces, approvals }: TrustFacts): ReadonlySet<string> {
  const keysOf = new Map(provinces.filter(({ revoked }) => !revoked).map((one) => [one.province, one.keys]));
  const trusted = new Set([me]);
  if (giver && keysOf.get(giver.province) === giver.keys) trusted.add(giver.province);
  // A set that grows while it is walked visits what is added.
  for (const from of trusted) {
    for (const approval of approvals) {
      if (approval.from === from && keysOf.get(approval.to) === approval.keys) trusted.add(approval.to);
    }
  }
  return trusted;
}

/** A generation as others may know it. */
export interface Generation {
  readonly generation: number;
  readonly check: string;
}

export interface HeldGeneration extends Generation {
  /** Epoch seconds from which it is used whatever the hub says. */
  readonly useFrom: number;
}

/** What the hub says that a province holds. */
export interface Holding extends Generation {
  readonly province: string;
}

export interface HoldingFacts {
  /** Of this node, ascending; the check values are its own. */
  readonly held: readonly HeldGeneration[];
  readonly holdings: readonly Holding[];
  /** Enrolled and not revoked. */
  readonly provinces: readonly string[];
}

/**
 * The generation of a new opening: the newest that every province holds which holds any, or whose time to be
 * used has come; else the oldest held. Undefined if none is held.
 */
export function generationForOpening(facts: HoldingFacts, now: number): number | undefined {
  const newestFirst = [...facts.held].reverse();
  const chosen = newestFirst.find((one) => one.useFrom <= now || isHeldByAll(facts, one));
  return (chosen ?? facts.held[0])?.generation;
}

/**
 * Generations that nobody needs: every province that holds any holds a newer one, and no open trace is under
 * them (`inUse`). Ascending; never the newest.
 */
export function forgettableGenerations(facts: HoldingFacts, inUse: ReadonlySet<number>): number[] {
  const common = [...facts.held].reverse().find((one) => isHeldByAll(facts, one));
  if (!common) return [];
  const older = facts.held.filter(({ generation }) => generation < common.generation);
  return older.map(({ generation }) => generation).filter((generation) => !inUse.has(generation));
}

/** Newcomers that hold nothing yet do not count: they refuse, and that shows. */
function isHeldByAll({ holdings, provinces }: HoldingFacts, { generation, check }: Generation): boolean {
  return provinces.every((province) => {
    const theirs = holdings.filter((holding) => holding.province === province);
    if (theirs.length === 0) return true;
    return theirs.some((one) => one.generation === generation && one.check === check);
  });
}

/** A wrap that waits at the hub, for the key whose thumbprint `recipient` is. */
export interface Waiting {
  readonly from: string;
  readonly to: string;
  readonly generation: number;
  readonly recipient: string;
}

export interface DistributionFacts extends HoldingFacts {
  readonly me: string;
  readonly trusted: ReadonlySet<string>;
  /** Whom this province has approved itself, and who gave it its first key. */
  readonly neighbours: ReadonlySet<string>;
  readonly waiting: readonly Waiting[];
  /** Thumbprint of a province's enrolment key. */
  recipient(province: string): string | undefined;
}

/**
 * What this node should wrap now: for each trusted province every generation later than those that it holds,
 * unless a wrap of it waits already: by somebody trusted, or, for a neighbour, by this node, for a neighbour
 * may trust nobody else. So rotation, approval and a lost wrap are one case.
 */
export function wrapsToMake(
  facts: DistributionFacts,
): { readonly to: string; readonly generation: number }[] {
  const { held, holdings, provinces, me, trusted, neighbours, waiting, recipient } = facts;
  const receivers = provinces.filter((province) => province !== me && trusted.has(province));
  return receivers.flatMap((to) => {
    const theirs = holdings.filter(({ province }) => province === to);
    const newest = theirs.reduce((max, { generation }) => Math.max(max, generation), 0);
    const counts = (from: string) => from === me || (trusted.has(from) && !neighbours.has(to));
    const forThem = waiting.filter((wrap) => wrap.to === to && wrap.recipient === recipient(to));
    const isWaiting = (one: number) =>
      forThem.some(({ from, generation }) => generation === one && counts(from));
    const missing = held.filter(({ generation }) => generation > newest && !isWaiting(generation));
    return missing.map(({ generation }) => ({ to, generation }));
  });
}
