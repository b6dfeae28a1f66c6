/**
 * A certificate of the hub that a province refuses before it has expired: open connections both ways end in
 * seconds, the next certificate is accepted. Real gRPC, real files.
 */
import type { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAuthority } from '../../deploy/pki/authority.ts';
import { DistrustedSerials, distrustSerial } from '../../node/federation/enrolment/distrust.ts';
import { systemClock } from '../../shared/clock.ts';
import { Disposal } from '../../shared/disposal.ts';
import { createChannel, createClient } from '../../shared/grpc/client.ts';
import { startGrpcServer } from '../../shared/grpc/server.ts';
import { implement } from '../../shared/grpc/service.ts';
import { readCertificate, serialOf } from '../../shared/pki/certificate.ts';
import { silent } from '../support/enrolment-hub.ts';
import { ECHO_AUTH, Echo, echoHandlers, inTime, value } from '../support/grpc-echo.ts';
import { waitFor } from '../support/wait.ts';

test('a stolen certificate of the hub', async () => {
  await using stack = new Disposal();
  const directory = await mkdtemp(join(tmpdir(), 'distrust-'));
  stack.defer(() => rm(directory, { recursive: true }));
  const authority = await createAuthority();
  const [hubTls, nextHubTls] = [
    await authority.issue({ kind: 'hub' }),
    await authority.issue({ kind: 'hub' }),
  ];
  const nodeTls = await authority.issue({ kind: 'node', province: '24' });
  const distrusted = stack.use(
    await DistrustedSerials.open(directory, { clock: systemClock, logger: silent, everyMs: 100 }),
  );
  const served = { listen: '127.0.0.1:0', auth: ECHO_AUTH, logger: silent, drainMs: 50 };
  const services = [implement(Echo, echoHandlers)];
  const atNode = stack.use(
    await startGrpcServer({ ...served, services, tls: nodeTls, check: distrusted.check }),
  );
  const atHub = stack.use(await startGrpcServer({ ...served, services, tls: hubTls }));
  const toNode = stack.use(
    createChannel({
      ...{ address: `127.0.0.1:${atNode.port}`, tls: hubTls },
      expectPeer: { kind: 'node', province: '24' },
    }),
  );
  const toHub = stack.use(
    createChannel({
      ...{ address: `127.0.0.1:${atHub.port}`, tls: nodeTls, check: distrusted.check },
      expectPeer: { kind: 'hub' },
    }),
  );
  distrusted.onChange(atNode.recheck);
  distrusted.onChange(toHub.reconnect);
  const [echo, hub] = [createClient(Echo, toNode), createClient(Echo, toHub)];
  await echo.ask(value('before'), inTime());
  await hub.talk([], inTime()).next();
  const stream = echo.listen(value('ab'), inTime());
  await stream.next();

  const serial = serialOf(readCertificate(hubTls.cert));
  const withColons =
    (readCertificate(hubTls.cert) as X509Certificate).serialNumber.match(/../g)?.join(':') ?? '';
  await distrustSerial(directory, withColons);
  expect(distrusted.check({ kind: 'hub' }, readCertificate(hubTls.cert))).toBeUndefined();
  await waitFor(
    'it to be noticed',
    () => distrusted.check({ kind: 'hub' }, readCertificate(hubTls.cert)) !== undefined,
    5_000,
  );
  await expect(echo.ask(value('after'), inTime(2_000))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await waitFor('both ends to have parted', () => toNode.state !== 'ready' && toHub.state !== 'ready', 5_000);

  const other = readCertificate(nextHubTls.cert);
  expect(serialOf(other)).not.toBe(serial);
  toNode.useTls(nextHubTls);
  atHub.useTls(nextHubTls);
  await waitFor('the next certificate', () => toNode.state === 'ready' && toHub.state === 'ready');
  await echo.ask(value('again'), inTime());
});

test.each(['', 'xyz', '../etc', 'a'.repeat(41)])('%j is no serial number', async (serial) => {
  await expect(distrustSerial(tmpdir(), serial)).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
});
