/**
 * Audit logs of a running federation: exchanged, verified on the command line, reconciled, and rewritten by
 * whoever owns a database.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation, FederationOptions } from '../../deploy/federation/federation.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { runCommandLine } from '../support/command-line.ts';
import { waitFor } from '../support/wait.ts';
import {
  converges,
  createWorld,
  type Imported,
  importWorld,
  open,
  PROVINCES,
  pickRequest,
  rowsOf,
} from './scenario.ts';

let federation: Federation;
let wiring: Wiring;
let imported: Imported;
let picked: ReturnType<typeof pickRequest>;
let trace: string;

const intercept: FederationOptions['intercept'] = async (found) => {
  wiring = found;
  return {};
};

beforeAll(async () => {
  const env = { '*': { CHECKPOINT_EVERY_MS: '200' } };
  federation = await createWorld({ intercept, env });
  imported = await importWorld(federation, 31);
  picked = pickRequest(imported.world);
  trace = await open(federation, imported, picked.request);
  await converges(federation, trace, { at: picked.owner, expected: picked.expected, firm: false });
});
afterAll(() => federation?.[Symbol.asyncDispose]());

/** The command line on the machine of a program, with what it needs of the environment of that program. */
async function cli(name: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const place = [wiring.hub, ...wiring.nodes].find((one) => one.name === name) as Wiring['hub'];
  const participant = name === 'hub' ? federation.hub : federation.node(name);
  const own =
    name === 'hub'
      ? { WARRANT_KEY_FILE: wiring.keys.warrantKeyFile }
      : { IDENTITY_DIR: wiring.keys.identityDir(name) };
  const env = {
    ...{ DATABASE_URL: place.programDatabaseUrl, ...own },
    ...{ TRUYVET_URL: participant.url, TRUYVET_TOKEN: participant.token, TRUYVET_LANGUAGE: 'en' },
  };
  const { code, out, err } = await runCommandLine(name === 'hub' ? 'hub' : 'node', args, { env });
  return { code, out: out + err };
}

const sizeHeldBy = async (holder: { databaseUrl: string }, peer: string) => {
  const [row] = await rowsOf<{ size: number }>(
    holder,
    `SELECT max(size) AS size FROM audit_peer_checkpoints WHERE peer = '${peer}' AND conflict IS NULL`,
  );
  return row?.size ?? 0;
};
const entries = async (of: { databaseUrl: string }) => {
  const [row] = await rowsOf<{ count: number }>(of, 'SELECT count(*) FROM audit_records');
  return row?.count ?? 0;
};
const warningsOf = async ({ url }: { url: string }) => {
  const response = await fetch(`${url}/readyz`);
  // 503 while something starts anew: the warnings stand there all the same.
  return ((await response.json()) as { warnings: string[] }).warnings;
};

test('each side comes to hold all that the other has recorded', async () => {
  for (const node of federation.nodes) {
    const [atNode, atHub] = [await entries(node), await entries(federation.hub)];
    expect(atNode).toBeGreaterThan(0);
    await waitFor(`the hub to hold ${node.name}`, async () => {
      return (await sizeHeldBy(federation.hub, node.name)) >= atNode;
    });
    await waitFor(`${node.name} to hold the hub`, async () => (await sizeHeldBy(node, 'hub')) >= atHub);
  }
  for (const participant of [federation.hub, ...federation.nodes])
    expect(await warningsOf(participant)).toEqual([]);
});

test('all logs verify, and hub and provinces remember the same questions', async () => {
  for (const name of ['hub', ...PROVINCES]) {
    const { code, out } = await cli(name, 'audit', 'verify');
    expect(out).toContain('no fault');
    expect(code).toBe(0);
  }
  const { code, out } = await cli('hub', 'audit', 'reconcile');
  expect(out.match(/agrees/g)).toHaveLength(PROVINCES.length);
  expect(code).toBe(0);
  const [asked] = await rowsOf<{ count: number }>(federation.hub, 'SELECT count(*) FROM questions');
  expect(asked?.count).toBeGreaterThan(0);
  expect(out).toMatch(new RegExp(`24 +agrees +${asked?.count} +0`));
});

/** An entry as the program writes it, for what a liar adds to his log. */
const answeredEntry = (seq: number, sha256: string) =>
  `INSERT INTO audit_records (body) VALUES ('${JSON.stringify({
    ...{ at: '2026-11-26T07:00:00Z', action: 'question.answered', actor: { kind: 'hub', id: 'hub' } },
    ...{ outcome: 'done', trace, detail: { seq, question_sha256: sha256 } },
  })}')`;

test('a question that only one side remembers is found, whichever side denies it', async () => {
  const liar = PROVINCES.find((province) => province !== picked.owner) as string;
  await rowsOf(federation.node(liar), answeredEntry(7_001, 'ab'.repeat(32)));
  await rowsOf(federation.node(liar), answeredEntry(1, 'cd'.repeat(32)));
  const other = PROVINCES.find((province) => province !== liar) as string;
  await rowsOf(
    federation.hub,
    `INSERT INTO questions (trace_id, seq, body) VALUES ('${trace}', 7002, '\\x00');
     INSERT INTO answers (trace_id, seq, province, incarnation, data_version, body)
     VALUES ('${trace}', 7002, '${other}', 1, 1, '\\x00')`,
  );
  const { code, out } = await cli('hub', 'audit', 'reconcile');
  expect(code).toBe(1);
  const lines = out.split('\n').filter((line) => line.includes(trace));
  expect(lines.map((line) => line.replaceAll(/ +/g, ' ').trim()).sort()).toEqual(
    [
      `${liar} ${trace} 7001 only the province remembers it`,
      `${liar} ${trace} 1 the questions differ`,
      `${other} ${trace} 7002 only the hub remembers it`,
      `hub ${trace} 7002 not in the hub’s log`,
    ].sort(),
  );
  const alone = await cli('hub', 'audit', 'reconcile', '--province', liar);
  expect(alone.out).not.toMatch(new RegExp(`^${other} `, 'm'));
  expect((await cli('hub', 'audit', 'reconcile', '--province', '99')).code).toBe(2);
});

test('a province whose database was rewritten is seen by both, and the trace goes on', async () => {
  const victim = PROVINCES.find((province) => province !== picked.owner) as string;
  const node = federation.node(victim);
  const held = join(wiring.directory, 'held.json');
  await writeFile(held, (await cli('hub', 'audit', 'checkpoints', victim)).out);
  expect(await cli(victim, 'audit', 'verify', '--held', held)).toMatchObject({ code: 0 });
  // The first entry goes, and with it the tree: the node seals what is left anew. It must not run meanwhile,
  // or keeps a checkpoint that it was signing.
  await federation.kill(victim, 'SIGTERM');
  await rowsOf(
    node,
    `BEGIN;
     SET LOCAL session_replication_role = replica;
     DELETE FROM audit_records WHERE id = (SELECT min(id) FROM audit_records);
     TRUNCATE audit_tree, audit_checkpoints;
     COMMIT`,
  );
  await federation.restart();
  const seen = /^AUDIT_LOG_(TRUNCATED|FORKED|REWRITTEN)$/;
  await waitFor('the hub to see it', async () => {
    const [warning = ''] = await warningsOf(federation.hub);
    return warning.startsWith(`${victim}: `) && seen.test(warning.slice(4));
  });
  await waitFor('the node to be told', async () => {
    const [warning = ''] = await warningsOf(node);
    return warning.startsWith('hub refuses our log: ');
  });
  const metrics = await (await fetch(`${federation.hub.url}/metrics`)).text();
  expect(metrics).toMatch(new RegExp(`truyvet_audit_conflicts_total{peer="${victim}",reason="AUDIT_LOG_`));
  expect((await cli(victim, 'audit', 'verify')).code).toBe(0);
  const verified = await cli(victim, 'audit', 'verify', '--held', held);
  expect(verified.code).toBe(1);
  expect(verified.out).toMatch(/CHECKPOINT_DIFFERS|LOG_TRUNCATED/);
  const reconciled = await cli('hub', 'audit', 'reconcile', '--province', victim);
  expect(reconciled.code).toBe(1);
  expect(reconciled.out).toMatch(/refused AUDIT_LOG_(TRUNCATED|REWRITTEN)/);
  const next = await open(federation, imported, picked.request);
  await converges(federation, next, { at: picked.owner, expected: picked.expected, firm: false });
});

test('once its log is accepted the warnings end, and what is lost is told', async () => {
  const victim = PROVINCES.find((province) => province !== picked.owner) as string;
  const before = join(wiring.directory, 'held.json');
  const accepting = ['audit', 'accept-restore', victim, '--reason', 'restored_from_backup'];
  // The victim holds nothing against the hub, and why must be a word of the list.
  const own = await cli(victim, 'audit', 'accept-restore', '--reason', 'restored_from_backup');
  expect(own).toMatchObject({ code: 2, out: expect.stringContaining('NO_CONFLICT') });
  const unknown = await cli('hub', 'audit', 'accept-restore', victim, '--reason', 'as Lan said');
  expect(unknown).toMatchObject({ code: 2, out: expect.stringContaining('INVALID_FIELD') });
  const accepted = await cli('hub', ...accepting);
  expect(accepted).toMatchObject({ code: 0 });
  expect(accepted.out).toMatch(new RegExp(`^${victim}: held as evidence \\d+ [0-9a-f]{64}\n`));
  for (const participant of [federation.hub, federation.node(victim)]) {
    // The hub cannot read the trace into which this file has put an answer of one byte, and says so.
    const isExpected = (text: string) => participant === federation.hub && text.includes('TRACE_UNREADABLE');
    await waitFor('no other warning', async () => (await warningsOf(participant)).every(isExpected));
  }
  expect((await cli('hub', ...accepting)).out).toContain('NO_CONFLICT');
  const lost = /entries 1 to \d+ of the old log are lost; .* restored_from_backup/;
  const reconciled = await cli('hub', 'audit', 'reconcile', '--province', victim);
  expect(reconciled.out).toMatch(new RegExp(`${victim}: ${lost.source}`));
  const now = join(wiring.directory, 'held-now.json');
  await writeFile(now, (await cli('hub', 'audit', 'checkpoints', victim)).out);
  const verified = await cli(victim, 'audit', 'verify', '--held', now);
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.out).toMatch(lost);
  expect((await cli(victim, 'audit', 'verify', '--held', before)).code).toBe(1);
});
