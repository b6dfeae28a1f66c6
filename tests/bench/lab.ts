/** Scratch. */
import { readFileSync } from 'node:fs';
import { openDatabase } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { BenchFederation, provinceCodes } from './bench-federation.ts';
import { askMerged, assertSameContacts, contactsOfMerged, contactsOfNodes } from './contacts.ts';
import { criticalPathMs, enterCase, FederatedTracer } from './federated-trace.ts';
import { tokenOf } from './rows.ts';
import { BENCH_TIME, identifierValue, MILLION, makeWorld } from './world.ts';

const [blocks = 1, provinces = 3] = process.argv.slice(2).map(Number);
const rules = JSON.parse(readFileSync('hub/rules/packs/2021-12-29.json', 'utf8')) as RulePack;
const world = makeWorld({ shape: MILLION, blocks, provinces, seed: 1 });
const say = (what: string) => console.log(new Date().toISOString().slice(11, 19), what);
say('start');
const bench = await BenchFederation.start(world, say);
try {
  const codes = provinceCodes(provinces);
  const question = (maxDegree: number, person: number) => ({
    token: tokenOf(2 * person),
    from: BENCH_TIME.from,
    until: BENCH_TIME.asOf,
    maxDegree,
    rules,
  });
  for (let i = 900; i < 930; i++) {
    const { rows } = await askMerged(bench.merged, question(1, world.personOf(i)));
    if (Math.abs(rows - 515) < 4) console.log('candidate', i, rows);
  }
  const person = world.personOf(Number(process.argv[4] ?? 1000));
  const home = bench.federation.node(codes[world.people.home[person] as number] as string);
  const caseId = await enterCase(home, identifierValue(2 * person));
  const hubDb = openDatabase(bench.federation.hub.databaseUrl, { max: 1, name: 'bench' });
  const tracer = new FederatedTracer(home, bench.federation.hub, hubDb);
  for (const fanout of [undefined, 1]) {
    if (fanout) await bench.setFanout(1);
    for (const maxDegree of [1, 2, 1, 2, 1, 2]) {
      let at = performance.now();
      const merged = await askMerged(bench.merged, question(maxDegree, person));
      console.log('merged', maxDegree, merged.rows, (performance.now() - at).toFixed(0), 'ms');
      at = performance.now();
      const run = await tracer.run({ caseId, maxDegree });
      console.log(
        'federated',
        maxDegree,
        'wall',
        run.wallMs,
        'critical',
        criticalPathMs(run).toFixed(0),
        JSON.stringify(run.bytes),
      );
      for (const s of run.steps)
        console.log(
          '   ',
          s.step,
          s.messages,
          'ms',
          s.ms,
          'cpu',
          s.cpuMs,
          'store',
          s.storeMs,
          'in',
          s.bytesIn,
          'out',
          s.bytesOut,
          s.provinces
            .slice(0, 5)
            .map((p) => `${p.province}:${p.ms}`)
            .join(' '),
        );
      assertSameContacts(await contactsOfNodes(bench.nodes, run.traceId), contactsOfMerged(merged, codes));
      await tracer.close(run.traceId);
    }
  }
  await hubDb[Symbol.asyncDispose]();
} finally {
  await bench[Symbol.asyncDispose]();
}
