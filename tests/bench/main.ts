/**
 * `npm run bench -- trace [--stays 1,5,20] [--provinces 3,34,63] [--repetitions 5] [--out FILE]`: measures
 * each size and appends it to FILE as a line of JSON. `-- report FILE` prints the tables of RESULTS.md; `--
 * check` compares federation, merged query and oracle on a small world; `-- profile` says where a two-degree
 * trace spends its time; `-- cost --baseline DIST` and `-- sealing --baseline DIST` what traces and imports
 * cost against the build in DIST, which lacks what is asked about (sealing); `-- orm` what a statement costs
 * through drizzle; `-- writers` what an import costs whoever writes beside it; `-- who` what an answer costs
 * a node; `-- rotation` what tokens of two generations do; `-- keeping` what a start and a look at what is to
 * be erased cost one of a million identifiers; `-- insiders` what a trace takes while other provinces flood,
 * stall and lie.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { BenchFederation } from './bench-federation.ts';
import { checkAgainstOracle } from './check.ts';
import { measureCost } from './cost.ts';
import { benchInsiders } from './insiders.ts';
import { benchKeeping } from './keeping.ts';
import { type Measurement, measure } from './measure.ts';
import { benchOrm } from './orm.ts';
import { profileTrace } from './profile.ts';
import { renderReport } from './report.ts';
import { benchRotation } from './rotation.ts';
import { benchSealing } from './sealing.ts';
import { benchVoprf } from './voprf.ts';
import { benchWho } from './who.ts';
import { MILLION, makeWorld } from './world.ts';
import { benchWriters } from './writers.ts';

/**
 * Position of the index person in block 0: its degree-1 contacts are about as many as in the issue's
 * reference.
 */
const INDEX = 917;
const SEED = 1;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stays: { type: 'string', default: '1,5,20' },
    provinces: { type: 'string', default: '3,34,63' },
    repetitions: { type: 'string', default: '5' },
    out: { type: 'string' },
    baseline: { type: 'string' },
  },
});

const say = (what: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);
const rules = JSON.parse(
  readFileSync(join(packageRoot, 'hub', 'packs', 'default', '2021-12-29.json'), 'utf8'),
) as RulePack;

switch (positionals[0]) {
  case 'trace':
    for (const millions of numbers(values.stays)) {
      for (const provinces of numbers(values.provinces)) await benchTrace(millions, provinces);
    }
    break;
  case 'check':
    await checkAgainstOracle({ rules, say });
    break;
  case 'report':
    console.log(renderReport(readMeasurements(positionals[1] ?? '')));
    break;
  case 'profile':
    await profileFirst();
    break;
  case 'cost':
    console.log(await measureFirst(values.baseline ?? ''));
    break;
  case 'sealing':
    console.log(await benchSealing({ ...sealingOptions(), say }));
    break;
  case 'who':
    console.log(benchWho());
    break;
  case 'writers':
    console.log(await benchWriters(say));
    break;
  case 'orm':
    console.log(await benchOrm(say));
    break;
  case 'keeping':
    console.log(await benchKeeping({ millions: Number(positionals[1] ?? 1), rules, say }));
    break;
  case 'rotation':
    console.log(await benchRotation(say));
    break;
  case 'insiders':
    console.log(await benchInsiders(say));
    break;
  case 'voprf':
    console.log(await benchVoprf(say));
    break;
  default:
    console.error(
      'bench -- trace | check | profile | cost | sealing | orm | rotation | insiders | keeping | voprf |' +
        ' who | writers | report FILE',
    );
    process.exitCode = 2;
}

async function benchTrace(millions: number, provinces: number): Promise<void> {
  say(`${millions} million stays, ${provinces} provinces`);
  const world = makeWorld({ shape: MILLION, blocks: millions, provinces, seed: SEED });
  await using bench = await BenchFederation.start(world, { say });
  const repetitions = Number(values.repetitions);
  const measurement = await measure({ world, bench, rules, index: INDEX, repetitions, say });
  if (values.out !== undefined) appendFileSync(values.out, `${JSON.stringify(measurement)}\n`);
  console.log(renderReport([measurement]));
}

/** Of the first size named alone. */
async function profileFirst(): Promise<void> {
  const [millions, provinces] = [numbers(values.stays)[0] as number, numbers(values.provinces)[0] as number];
  const world = makeWorld({ shape: MILLION, blocks: millions, provinces, seed: SEED });
  console.log(await profileTrace({ world, index: INDEX, repetitions: Number(values.repetitions), say }));
}

/** Of the first size named alone. */
function measureFirst(baseline: string): Promise<string> {
  const [millions, provinces] = [numbers(values.stays)[0] as number, numbers(values.provinces)[0] as number];
  const repetitions = Number(values.repetitions);
  return measureCost({ baseline: resolve(baseline), millions, provinces, index: INDEX, repetitions, say });
}

function sealingOptions() {
  if (values.baseline === undefined) throw new Error('--baseline DIST is missing: a build without sealing');
  return { baseline: resolve(values.baseline), repetitions: Number(values.repetitions) };
}

function readMeasurements(file: string): Measurement[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Measurement);
}

function numbers(text: string): number[] {
  return text.split(',').map(Number);
}
