import { generateKeyPairSync } from 'node:crypto';
import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { type RulePack, rulesInForce } from '../../shared/domain/rule-pack.ts';
import { signRulePack, verifyRulePack } from '../../shared/signed/rule-signature.ts';
import { issueRules, readShippedPacks } from './operations.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const at = (text: string) => Date.parse(text) / 1000;

/** The shipped pack, value by value. */
const DEFAULT = JSON.parse(`
{"number": 1, "effective_from": "2021-12-29T00:00:00+07:00", "infectious_days_before": 2, "latent_days": 2,
 "close_contact_seconds": 900,
 "longest_stay_seconds": 43200,
 "max_degree": 2, "source_days": 14, "trace_open_days": 21, "retention_days": 30,
 "assumed_stay_seconds": {"default": 3600, "market": 2700, "supermarket": 2700, "restaurant": 5400,
  "cafe": 5400, "bar": 10800, "karaoke": 10800, "factory": 36000,
  "office": 32400,
  "school": 28800, "university": 14400, "hospital": 7200,
  "worship": 5400, "train": 14400, "flight": 10800, "hotel": 43200},
 "weight_percent": {"default": 100,
  "market": 50, "supermarket": 50, "transport_hub": 50, "event": 80}}`) as RulePack;

describe('shipped packs', () => {
  it('hold the default pack as specified', () => {
    expect(readShippedPacks().find(({ number }) => number === 1)).toEqual(DEFAULT);
  });

  it.each([
    ['2020-12-02T16:59:59Z', undefined, undefined],
    ['2020-12-02T17:00:00Z', 2, 3],
    ['2021-07-29T17:00:00Z', 3, 3],
    ['2021-12-28T16:59:59Z', 3, 3],
    ['2021-12-28T17:00:00Z', 1, 2],
    ['2026-01-01T00:00:00Z', 1, 2],
  ])('at %s number %s is in force, %s days before onset', (instant, number, before) => {
    const pack = rulesInForce(readShippedPacks(), at(instant));
    expect([pack?.number, pack?.infectious_days_before]).toEqual([number, before]);
  });

  it('of two that begin at the same instant the higher number is in force', () => {
    const later = { ...DEFAULT, number: 7 };
    expect(rulesInForce([later, DEFAULT], at('2022-01-01T00:00:00Z'))?.number).toBe(7);
    expect(rulesInForce([DEFAULT, later], at('2022-01-01T00:00:00Z'))?.number).toBe(7);
  });
});

describe('issuing', () => {
  it('signs every pack, ordered by number', async () => {
    const { packs, signed, pack } = await issueRules(privateKey);
    expect(packs.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(await Promise.all(signed.map((jws) => verifyRulePack(jws, publicKey)))).toEqual(packs);
    expect([pack(3)?.number, pack(9)]).toEqual([3, undefined]);
  });

  it('issues an override alone', async () => {
    const { packs } = await issueRules(privateKey, { ...DEFAULT, number: 5 });
    expect(packs.map(({ number }) => number)).toEqual([5]);
  });

  it('refuses an override that is none, naming every field', async () => {
    const bad = { ...DEFAULT, max_degree: 9, weight_percent: { default: 100, moon: 1 } };
    await expect(issueRules(privateKey, bad)).rejects.toMatchObject({
      reason: 'BAD_RULES',
      details: [
        { field: 'max_degree', reason: 'OUT_OF_BOUNDS', params: { least: 1, most: 4 } },
        { field: 'weight_percent.moon', reason: 'UNKNOWN_PLACE_KIND', params: { kind: 'moon' } },
      ],
    });
  });
});

describe('a signed pack is refused', () => {
  const sign = (payload: string, typ: string) =>
    new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ alg: 'EdDSA', kid: 'hub', typ })
      .sign(privateKey);
  const rows: [string, () => Promise<string>, string][] = [
    [
      'under another key',
      () => signRulePack(DEFAULT, generateKeyPairSync('ed25519').privateKey),
      'RULES_BAD_SIGNATURE',
    ],
    [
      'signed as something else',
      () => sign(JSON.stringify(DEFAULT), 'truyvet-warrant'),
      'RULES_BAD_SIGNATURE',
    ],
    ['that is no JWS', async () => 'abc', 'RULES_BAD_SIGNATURE'],
    ['that is no JSON', () => sign('{', 'truyvet-rules'), 'BAD_RULES'],
    ['that is no pack', () => sign('{}', 'truyvet-rules'), 'BAD_RULES'],
  ];
  it.each(rows)('%s', async (_name, jws, reason) => {
    await expect(verifyRulePack(await jws(), publicKey)).rejects.toMatchObject({ reason });
  });
});
