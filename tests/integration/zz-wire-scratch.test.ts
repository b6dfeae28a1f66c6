import { createServer, connect } from 'node:net';
import { test } from 'vitest';
import { connectEcho, startEcho, value, inTime } from '../support/grpc-echo.ts';
test('delay', async () => {
  const chunk = new Uint8Array(1<<20);
  await using server = await startEcho({ 
    listen: async function*(){ for (let i=0;i<8;i++) yield {value: chunk}; },
    tell: async (rs) => { let n=0; for await (const r of rs) n+=r.value.length; return {}; } });
  const D = 15;
  const proxy = createServer((a) => { const b = connect(Number(server.address.split(':')[1]), '127.0.0.1');
    for (const [x,y] of [[a,b],[b,a]] as const) { x.on('data', (d) => setTimeout(() => y.write(d), D)); x.on('error',()=>{}); x.on('close', () => y.destroy()); x.setNoDelay(true);} });
  await new Promise<void>(r => proxy.listen(0,'127.0.0.1',()=>r()));
  await using client = connectEcho(`127.0.0.1:${(proxy.address() as any).port}`);
  for (let i=0;i<3;i++) await client.echo.ask(value('x'), inTime());
  let t = performance.now();
  await client.echo.ask(value('x'), inTime());
  console.log('rtt', performance.now()-t);
  t = performance.now();
  for await (const _ of client.echo.listen({}, inTime(60000))); 
  console.log('down 8MiB', performance.now()-t);
  t = performance.now();
  await client.echo.tell((function*(){for(let i=0;i<8;i++) yield {value:chunk}})(), inTime(60000));
  console.log('up 8MiB', performance.now()-t);
  t = performance.now();
  await client.echo.tell([{value:chunk}], inTime(60000));
  console.log('up 1MiB', performance.now()-t);
});
