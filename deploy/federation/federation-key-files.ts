/**
 * The federation key of a development federation, as its ceremonies would leave it in every identity
 * directory: the first province has it, has approved all others, and they it.
 */
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { FEDERATION_KEYS_FILE, writeKeyFile } from '../../node/federation/keys/key-file.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { newKey } from '../../shared/ids.ts';
import type { KeyHolder } from '../../shared/signed/federation-key.ts';
import { keysSha256, signApproval } from '../../shared/signed/key-approval.ts';

/** A province of the federation, and where its identity lies. */
export interface KeyHoldingProvince {
  readonly directory: string;
  readonly holder: KeyHolder;
  readonly openingKey: KeyObject;
}

/** Writes generation 1 and all approvals into the directories of `provinces`. */
export async function writeFederationKeys(provinces: readonly KeyHoldingProvince[]): Promise<void> {
  const [first, ...others] = provinces;
  if (!first) return;
  const keys = [{ generation: 1, key: newKey(32), useFrom: 0 }];
  const path = ({ directory }: KeyHoldingProvince) => join(directory, FEDERATION_KEYS_FILE);
  const approvals = await Promise.all(others.map((other) => approve(first, other)));
  await writeKeyFile(path(first), { keys, approvals });
  const giver = { province: first.holder.province, keysSha256: keysSha256(first.holder) };
  for (const other of others)
    await writeKeyFile(path(other), { keys, giver, approvals: [await approve(other, first)] });
}

function approve(by: KeyHoldingProvince, whom: KeyHoldingProvince): Promise<string> {
  const from = { province: by.holder.province, openingKey: by.openingKey };
  return signApproval(from, whom.holder, nowSeconds(systemClock));
}
