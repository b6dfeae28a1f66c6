/**
 * `truyvet-hub ca …`: the federation CA on the command line, on a machine that needs no network, and the
 * hub's own keys. Private keys stay in their directories; what travels are requests and what was signed.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { say } from '../../shared/cli/say.ts';
import type { Shell } from '../../shared/cli/shell.ts';
import type { Clock } from '../../shared/clock.ts';
import { AppError, invalidField } from '../../shared/errors.ts';
import { checkCertificate } from '../../shared/pki/certificate.ts';
import { createCsr } from '../../shared/pki/csr.ts';
import { demandPrivate, writePrivately } from '../../shared/pki/identity.ts';
import { CHECK_INPUT, checkOf } from '../../shared/pseudonym/key-check.ts';
import { oprfReady, tokensUnderKey } from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey } from '../../shared/pseudonym/oprf-key.ts';
import * as ca from './operations.ts';

/** Files of the hub's own directory, for TLS_*_FILE, WARRANT_KEY_FILE and HUB_STATEMENT_FILE. */
const HUB_FILES = {
  ...{ ca: 'ca.pem', certificate: 'tls.pem', key: 'tls.key' },
  ...{ warrant: 'warrant.jwk', statement: 'statement.jws' },
} as const;

const DEFAULT_DAYS = '90';

interface Desk {
  readonly shell: Shell;
  readonly clock: Clock;
}

/** Adds the `ca` commands to `program`. */
export function addCaCommands(program: Command, shell: Shell, clock: Clock): void {
  const group = program.command('ca').description(say('ca'));
  group
    .command('create')
    .description(say('ca.create'))
    .requiredOption('--dir <dir>', say('option.ca_dir'))
    .action(async ({ dir }: { dir: string }) => {
      await ca.createCa(dir, clock.nowMs());
      shell.stdout.write(`${join(dir, ca.CA_FILES.certificate)}\n`);
    });
  group
    .command('sign <request>')
    .description(say('ca.sign'))
    .requiredOption('--ca-dir <dir>', say('option.ca_dir'))
    .option('--fingerprint <text>', say('ca.fingerprint'))
    .option('--days <n>', say('ca.days'), DEFAULT_DAYS)
    .action(async (file: string, options: SignOptions) => {
      const signed = await signFile(await readJson(file), options, { shell, clock });
      shell.stdout.write(`${JSON.stringify(signed)}\n`);
    });
  group
    .command('state-oprf-key <check>')
    .description(say('ca.state_oprf_key'))
    .requiredOption('--ca-dir <dir>', say('option.ca_dir'))
    .option('--generation <n>', say('ca.generation'), '1')
    .action(async (check: string, { caDir, generation }: { caDir: string; generation: string }) => {
      const key = { generation: Number(generation), check };
      const statement = await ca.stateOprfKey(await ca.loadCa(caDir), key, clock.nowMs());
      shell.stdout.write(`${statement}\n`);
    });
  addHubCommands(group, { shell, clock });
  program
    .command('oprf-check <file>')
    .description(say('oprf_check'))
    .action(async (file: string) => {
      await demandPrivate(file, file);
      const seeds = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
      if (seeds.length === 0) throw invalidField(file, 'FILE_NOT_HEX', { digits: 64 });
      for (const seed of seeds) shell.stdout.write(`${await checkOfSeed(seed, file)}\n`);
    });
}

/** The check value of an OPRF key, a line of OPRF_KEY_FILE. Throws INVALID_FIELD. */
async function checkOfSeed(text: string, file: string): Promise<string> {
  if (!/^[0-9a-f]{64}$/i.test(text.trim())) throw invalidField(file, 'FILE_NOT_HEX', { digits: 64 });
  await oprfReady();
  const key = deriveOprfKey(new Uint8Array(Buffer.from(text.trim(), 'hex')));
  return checkOf(tokensUnderKey(key, [CHECK_INPUT]));
}

interface SignOptions {
  readonly caDir: string;
  readonly fingerprint?: string;
  readonly days: string;
}

/** Shows what is asked for; signs it if the fingerprint given is its own. */
async function signFile(
  value: unknown,
  options: SignOptions,
  { shell, clock }: Desk,
): Promise<ca.SignedRequest> {
  const keys = await ca.loadCa(options.caDir);
  const request = await ca.readCaRequest(value, keys.certificate);
  const name =
    request.peer.kind === 'node' ? say('ca.province', { province: request.peer.province }) : say('ca.hub');
  shell.stderr.write(
    `${request.kind}: ${name}\n${say('identity.fingerprint', { fingerprint: request.fingerprint })}\n`,
  );
  if (options.fingerprint !== request.fingerprint) {
    const message = 'compare it, then add --fingerprint';
    throw new AppError('PERMISSION_DENIED', 'FINGERPRINT_MISMATCH', message);
  }
  return ca.signCaRequest(keys, request, { nowMs: clock.nowMs(), lifeMs: lifeMs(options.days) });
}

function addHubCommands(group: Command, desk: Desk): void {
  const { shell, clock } = desk;
  group
    .command('request-hub')
    .description(say('ca.request_hub'))
    .requiredOption('--dir <dir>', say('option.hub_dir'))
    .action(async ({ dir }: { dir: string }) => {
      const request = await hubRequest(dir);
      shell.stdout.write(`${JSON.stringify(request)}\n`);
    });
  group
    .command('install-hub <signed>')
    .description(say('ca.install_hub'))
    .requiredOption('--dir <dir>', say('option.hub_dir'))
    .requiredOption('--ca <file>', say('ca.certificate'))
    .action(async (file: string, options: { dir: string; ca: string }) => {
      const signed = ca.readSigned(await readJson(file));
      await installHub(options.dir, { signed, certificate: await readFile(options.ca, 'utf8') }, desk);
    });
  group
    .command('issue-hub')
    .description(say('ca.issue_hub'))
    .requiredOption('--ca-dir <dir>', say('option.ca_dir'))
    .requiredOption('--dir <dir>', say('option.hub_dir'))
    .option('--days <n>', say('ca.days'), DEFAULT_DAYS)
    .action(async (options: { caDir: string; dir: string; days: string }) => {
      const keys = await ca.loadCa(options.caDir);
      const request = await ca.readCaRequest(await hubRequest(options.dir), keys.certificate);
      const life = { nowMs: clock.nowMs(), lifeMs: lifeMs(options.days) };
      const signed = await ca.signCaRequest(keys, request, life);
      await installHub(options.dir, { signed, certificate: keys.certificate }, desk);
    });
}

/** Keys of the hub below `dir`, made where they are missing, and the request for their certificate. */
async function hubRequest(dir: string): Promise<ca.CaRequest> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const tls = await keep(join(dir, HUB_FILES.key), {
    make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    toText: (key) => key.export({ type: 'pkcs8', format: 'pem' }) as string,
    fromText: (text) => createPrivateKey(text),
  });
  const warrant = await keep(join(dir, HUB_FILES.warrant), {
    make: () => generateKeyPairSync('ed25519').privateKey,
    toText: (key) => JSON.stringify(key.export({ format: 'jwk' })),
    fromText: (text) => createPrivateKey({ key: JSON.parse(text), format: 'jwk' }),
  });
  const x = createPublicKey(warrant).export({ format: 'jwk' }).x as string;
  const csr = (await createCsr(tls, { kind: 'hub' })).toString('base64url');
  return { kind: 'hub', csr, warrant: { kty: 'OKP', crv: 'Ed25519', x } };
}

interface KeyForm {
  make(): KeyObject;
  toText(key: KeyObject): string;
  fromText(text: string): KeyObject;
}

async function keep(path: string, { make, toText, fromText }: KeyForm): Promise<KeyObject> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    await demandPrivate(path, path);
    return fromText(text);
  }
  const key = make();
  await writePrivately(path, toText(key));
  return key;
}

async function installHub(
  dir: string,
  { signed, certificate }: { readonly signed: ca.SignedRequest; readonly certificate: string },
  { shell, clock }: Desk,
): Promise<void> {
  const publicKey = createPublicKey(await readFile(join(dir, HUB_FILES.key), 'utf8'));
  const terms = { ca: certificate, peer: { kind: 'hub' }, publicKey, nowMs: clock.nowMs() } as const;
  const { validTo } = checkCertificate(signed.certificate, terms);
  await writePrivately(join(dir, HUB_FILES.ca), certificate);
  if (signed.statement) await writePrivately(join(dir, HUB_FILES.statement), signed.statement);
  await writePrivately(join(dir, HUB_FILES.certificate), signed.certificate);
  shell.stderr.write(`${say('ca.until', { until: validTo })}\n`);
}

/** Fractions are for tests of renewal. */
function lifeMs(days: string): number {
  const life = Number(days) * 86_400_000;
  if (life > 0 && life <= 800 * 86_400_000) return life;
  throw invalidField('--days', 'OUT_OF_BOUNDS', { least: 0, most: 800 });
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw invalidField(file, 'FILE_NOT_JSON');
  }
}
