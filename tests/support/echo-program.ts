/**
 * The echo service of node 24, or the hub calling it for ever, as a process that tests can stop and kill.
 * Runs from `dist`; says on its standard output when it listens, or when it has been heard.
 */

import { createChannel, createClient } from '../../shared/grpc/client.ts';
import { readTlsMaterial } from '../../shared/grpc/tls.ts';
import { holdLifeline } from '../../shared/lifeline.ts';
import { Echo, echoHandlers, inTime, node, startEcho, textOf, value } from './grpc-echo.ts';

const { ECHO_ROLE: role = '', ECHO_ADDRESS: address = '', ECHO_FILES: stem = '' } = process.env;
const tls = readTlsMaterial({ caFile: `${stem}.ca`, certFile: `${stem}.pem`, keyFile: `${stem}.key` });
holdLifeline(process.env, () => process.exit(0));

if (role === 'serve') {
  const server = await startEcho(echoHandlers, { listen: address, tls });
  console.log(server.address);
} else {
  async function* endless() {
    yield value('hello');
    await new Promise(() => setInterval(() => undefined, 1_000));
  }
  const channel = createChannel({ address, tls, expectPeer: node('24') });
  const client = createClient(Echo, channel);
  if (role === 'tell') await client.tell(endless(), inTime(60_000));
  else for await (const heard of client.talk(endless(), inTime(60_000))) console.log(textOf(heard));
}
