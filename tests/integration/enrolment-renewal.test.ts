/**
 * Certificates that live for seconds, renewed while calls run: by listeners, by outgoing channels, with the
 * CA at hand and offline; never for another key or province. Real gRPC, real files.
 */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCaRequest, signCaRequest } from '../../hub/authority/operations.ts';
import { approveEnrolment, exportEnrolment, revokeProvince } from '../../hub/enrolment/operations.ts';
import { renewCertificate } from '../../hub/enrolment/renewal.ts';
import { enrolNode } from '../../node/federation/enrolment/operations.ts';
import { Renewal } from '../../node/federation/enrolment/renewal.ts';
import { systemClock } from '../../shared/clock.ts';
import { Disposal } from '../../shared/disposal.ts';
import { createChannel, createClient } from '../../shared/grpc/client.ts';
import { startGrpcServer } from '../../shared/grpc/server.ts';
import { implement } from '../../shared/grpc/service.ts';
import { serialOf } from '../../shared/pki/certificate.ts';
import { createCsr } from '../../shared/pki/csr.ts';
import { type Identity, loadIdentity, ownTls, writeIdentityFile } from '../../shared/pki/identity.ts';
import { LiveTls } from '../../shared/pki/live-tls.ts';
import { type EnrolmentHub, LIFE_MS, OPERATOR, silent, startEnrolmentHub } from '../support/enrolment-hub.ts';
import { ECHO_AUTH, Echo, echoHandlers, inTime, textOf, value } from '../support/grpc-echo.ts';
import { waitFor } from '../support/wait.ts';

const NODE = { kind: 'node', province: '24' } as const;
const HUB = { kind: 'hub' } as const;

let directory: string;
let stack: Disposal;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'renewal-'));
  stack = new Disposal();
});
afterEach(async () => {
  await stack[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Enrols 24 at a hub; its certificate lasts `lifeMs`. */
async function enrolled(lifeMs: number): Promise<{ hub: EnrolmentHub; identity: Identity }> {
  const hub = stack.use(await startEnrolmentHub());
  Object.assign(hub.ctx, { lifeMs });
  const input = {
    address: '127.0.0.1:1',
    directory,
    signal: new AbortController().signal,
    say: () => undefined,
  };
  const outcome = enrolNode(systemClock, { ...input, invitation: await hub.invite('24') });
  await waitFor('a request', async () => (await hub.pending()).id !== '');
  await approveEnrolment(hub.ctx, OPERATOR, await hub.pending());
  await outcome;
  await writeIdentityFile(directory, 'federationKeys', JSON.stringify({ keys: { 1: '0'.repeat(64) } }));
  return { hub, identity: await loadIdentity(directory, systemClock.nowMs()) };
}

function live(identity: Identity, hub: EnrolmentHub): LiveTls {
  const clock = systemClock;
  const own = ownTls(identity, clock);
  const tls = stack.use(new LiveTls({ ...own, clock, logger: silent, everyMs: 100 }));
  const ask = (csr: Uint8Array) => renewCertificate(hub.ctx, '24', csr);
  stack.use(new Renewal({ identity, tls, ask, clock, logger: silent }));
  return tls;
}

const serialIn = (pem: string) => serialOf(new X509Certificate(pem));

test('a certificate of seconds is renewed again and again while calls run both ways', async () => {
  const { hub, identity } = await enrolled(8_000);
  const first = serialIn(identity.tls.cert);
  const tls = live(identity, hub);
  const service = [implement(Echo, echoHandlers)];
  const served = { listen: '127.0.0.1:0', services: service, auth: ECHO_AUTH, logger: silent, drainMs: 50 };
  const atNode = stack.use(await startGrpcServer({ ...served, tls: tls.current }));
  tls.onChange(atNode.useTls);
  const seen: string[] = [];
  const check = (_peer: object, certificate: X509Certificate) => void seen.push(serialOf(certificate));
  const atHub = stack.use(await startGrpcServer({ ...served, tls: hub.shownTls, check }));
  const toHub = stack.use(
    createChannel({ address: `127.0.0.1:${atHub.port}`, tls: tls.current, expectPeer: HUB }),
  );
  tls.onChange(toHub.useTls);
  const toNode = stack.use(
    createChannel({ address: `127.0.0.1:${atNode.port}`, tls: hub.shownTls, expectPeer: NODE }),
  );
  const talks = [toHub, toNode].map((channel) => {
    const queue = new Talk();
    return { queue, answers: createClient(Echo, channel).talk(queue, inTime(60_000)) };
  });
  const echo = async (word: string) => {
    for (const { queue, answers } of talks) {
      queue.say(word);
      const { value: answer } = await answers.next();
      expect(textOf(answer)).toBe(`${word}!`);
    }
  };
  await echo('before');
  await waitFor('two renewals', () => new Set(seen).size >= 3);
  const used = new Set([...seen, first]);
  expect(used.size).toBeGreaterThanOrEqual(3);
  await echo('after');
  expect(systemClock.nowMs()).toBeGreaterThan(Date.parse(new X509Certificate(identity.tls.cert).validTo));
  // A new connection is shown the newest one.
  const shown: string[] = [];
  const fresh = stack.use(
    createChannel({
      ...{ address: `127.0.0.1:${atNode.port}`, tls: hub.shownTls, expectPeer: NODE },
      check: (_peer, certificate) => void shown.push(serialOf(certificate)),
    }),
  );
  await waitFor('a fresh connection', () => fresh.state === 'ready');
  expect(shown[0]).not.toBe(first);
  expect(serialIn(await readFile(join(directory, 'tls.pem'), 'utf8'))).not.toBe(first);
  for (const { queue } of talks) queue.end();
  expect((await hub.audited()).filter((action) => action === 'certificate.renewed').length).toBeGreaterThan(
    1,
  );
}, 60_000);

test('it is renewed for nobody else', async () => {
  const { hub, identity } = await enrolled(LIFE_MS);
  const own = createPrivateKey(identity.tls.key);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ask = async (province: string, csr: Promise<Buffer>) =>
    renewCertificate(hub.ctx, province, await csr);
  const named79 = createCsr(own, { kind: 'node', province: '79' });
  await expect(ask('24', named79)).rejects.toMatchObject({ reason: 'CSR_REFUSED' });
  await expect(ask('24', createCsr(own, HUB))).rejects.toMatchObject({ reason: 'CSR_REFUSED' });
  await expect(ask('24', createCsr(other, NODE))).rejects.toMatchObject({ reason: 'CSR_FOR_ANOTHER_KEY' });
  await expect(ask('79', named79)).rejects.toMatchObject({ reason: 'PEER_NOT_ENROLLED' });
  await revokeProvince(hub.ctx, OPERATOR, { province: '24', because: 'a test' });
  await expect(ask('24', createCsr(own, NODE))).rejects.toMatchObject({ reason: 'PEER_NOT_ENROLLED' });
});

test('one that is new is not renewed: the same one is answered', async () => {
  const { hub, identity } = await enrolled(LIFE_MS);
  const csr = await createCsr(createPrivateKey(identity.tls.key), NODE);
  expect(serialIn((await renewCertificate(hub.ctx, '24', csr)) ?? '')).toBe(serialIn(identity.tls.cert));
});

test('an offline CA renews by file', async () => {
  const { hub, identity } = await enrolled(8_000);
  Object.assign(hub.ctx, { signer: undefined, lifeMs: LIFE_MS });
  const csr = await createCsr(createPrivateKey(identity.tls.key), NODE);
  expect(await renewCertificate(hub.ctx, '24', csr)).toBeUndefined();
  expect(await renewCertificate(hub.ctx, '24', csr)).toBeUndefined();
  const pending = await hub.pending();
  const request = await readCaRequest(
    await exportEnrolment(hub.ctx, OPERATOR, pending.id),
    hub.ca.certificate,
  );
  expect(request).toMatchObject({ kind: 'renewal', fingerprint: pending.fingerprint });
  const signed = await signCaRequest(hub.ca, request, { nowMs: systemClock.nowMs(), lifeMs: LIFE_MS });
  await approveEnrolment(hub.ctx, OPERATOR, { ...pending, signed });
  expect(await renewCertificate(hub.ctx, '24', csr)).toBe(signed.certificate);
});

test('files that do not fit are not taken over, and those that do are', async () => {
  const { hub, identity } = await enrolled(LIFE_MS);
  const tls = live(identity, hub);
  const foreign = await signCaRequest(
    hub.ca,
    {
      kind: 'renewal',
      peer: NODE,
      fingerprint: '',
      tlsKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
    },
    { nowMs: systemClock.nowMs(), lifeMs: LIFE_MS },
  );
  await writeFile(join(directory, 'tls.pem'), foreign.certificate);
  await expect(tls.reload()).rejects.toMatchObject({ reason: 'BAD_CERTIFICATE' });
  expect(tls.current.cert).toBe(identity.tls.cert);
  const request = { kind: 'renewal', peer: NODE, fingerprint: '' } as const;
  const tlsKey = new X509Certificate(identity.tls.cert).publicKey;
  const life = { nowMs: systemClock.nowMs(), lifeMs: LIFE_MS };
  const { certificate } = await signCaRequest(hub.ca, { ...request, tlsKey }, life);
  await writeFile(join(directory, 'tls.pem'), certificate);
  await waitFor('the new certificate', () => tls.current.cert === certificate);
});

/** Words that a caller says one after the other. */
class Talk implements AsyncIterable<{ value: Buffer }> {
  readonly #words: string[] = [];
  #wake: () => void = () => undefined;
  #ended = false;

  say(word: string): void {
    this.#words.push(word);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const word = this.#words.shift();
      if (word !== undefined) yield value(word);
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
