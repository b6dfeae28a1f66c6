/**
 * Reads the approvals that the hub relays: each counts only under the opening key that the federation CA
 * states for the province that gave it. Remembers what it has verified, for they are relayed again and again.
 */
import type { KeyHolder } from '../../../shared/signed/federation-key.ts';
import { approvedBy, verifyApproval } from '../../../shared/signed/key-approval.ts';
import type { EnrolledProvince } from './key-view.ts';
import type { Approval } from './rules.ts';

export class ApprovalReader {
  #verified = new Map<string, Approval | undefined>();

  /**
   * Those of `texts` that a province's present key has signed; others are left out. Whether an approval is of
   * keys that count, and whether its giver is trusted, is for the rules.
   */
  async read(
    texts: readonly string[],
    provinces: readonly EnrolledProvince[],
    me: KeyHolder,
  ): Promise<Approval[]> {
    const statements = provinces.map(({ statement }): [string, KeyHolder] => [statement.province, statement]);
    const holders = new Map([...statements, [me.province, me] as const]);
    const seen = new Map<string, Approval | undefined>();
    for (const text of new Set(texts)) {
      const from = holders.get(approvedBy(text) ?? '');
      if (!from) continue;
      const key = `${from.opening.x} ${text}`;
      seen.set(key, this.#verified.has(key) ? this.#verified.get(key) : await verified(text, from));
    }
    this.#verified = seen;
    return [...seen.values()].filter((approval) => approval !== undefined);
  }
}

async function verified(text: string, giver: KeyHolder): Promise<Approval | undefined> {
  return verifyApproval(text, giver).then(
    ({ from, to, keys_sha256: keys }) => ({ from, to, keys }),
    () => undefined,
  );
}
