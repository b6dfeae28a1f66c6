/**
 * The demo's outbreak as the merged data that the oracle reads, by way of the parsers of the real imports.
 * Throws at the first row that they would refuse.
 */

import type { ImportFile } from '../../deploy/demo/outbreak/files.ts';
import { generateOutbreak, type Outbreak } from '../../deploy/demo/outbreak.ts';
import { boundsAt } from '../../node/records/intake/bounds.ts';
import { readCsv } from '../../node/records/intake/csv.ts';
import { readLines } from '../../node/records/intake/lines.ts';
import {
  type ImportKind,
  ROW_KINDS,
  type RowFacts,
  type Rows,
  readRow,
} from '../../node/records/intake/rows.ts';
import { parseInstant, vietnamDate } from '../../shared/domain/instant.ts';
import { placeKindOf } from '../../shared/domain/place-kind.ts';
import type { Dataset, Sex, TraceRequest } from '../simulation/dataset.ts';

/** An outbreak, its merged data, and the trace that the demo asks for. */
export interface OutbreakDataset {
  readonly outbreak: Outbreak;
  readonly dataset: Dataset;
  readonly request: TraceRequest;
}

/** The outbreak of a demo that starts at `now` (epoch seconds). */
export async function outbreakDataset(now: number, seed?: number): Promise<OutbreakDataset> {
  const outbreak = generateOutbreak({ now, ...(seed === undefined ? {} : { seed }) });
  const provinces = await Promise.all(
    outbreak.provinces.map(({ province, files }) => provinceData(province, files, now)),
  );
  const dataset: Dataset = {
    provinces: outbreak.provinces.map(({ province }) => province),
    people: provinces.flatMap(({ people }) => people),
    places: provinces.flatMap(({ places }) => places),
    checkIns: provinces.flatMap(({ checkIns }) => checkIns),
    encounters: provinces.flatMap(({ encounters }) => encounters),
    cases: [indexCase(outbreak)],
  };
  const asOf = parseInstant(outbreak.asOf);
  return { outbreak, dataset, request: { direction: 'forward', cases: ['index'], maxDegree: 2, asOf } };
}

function indexCase({ indexCase: { province, body } }: Outbreak): Dataset['cases'][number] {
  return {
    ...{ id: 'index', province, identifiers: body.identifiers, onsetOn: body.onset_on },
    sampledAt: parseInstant(body.sampled_at),
    isolatedAt: parseInstant(body.isolated_at),
  };
}

type Data = Pick<Dataset, 'people' | 'places' | 'checkIns' | 'encounters'>;

async function provinceData(province: string, files: readonly ImportFile[], now: number): Promise<Data> {
  const facts: RowFacts = { today: vietnamDate(now), province, bounds: boundsAt(now) };
  const read = async <K extends ImportKind>(kind: K): Promise<Rows[K][]> => {
    const file = files.find((candidate) => candidate.kind === kind);
    if (file === undefined) throw new Error(`province ${province} has no ${kind}`);
    return readFile(kind, file, facts);
  };
  const people = await read('persons');
  const places = await read('places');
  const checkIns = await read('check-ins');
  const encounters = await read('encounters');
  return {
    people: people.map(({ born_on: bornOn, sex, province: provinceOfResidence, ...row }) => {
      const { record, identifiers, name, ward, household } = row;
      const born = { bornOn, sex: sex as Sex | null };
      return { province, record, identifiers, name, ...born, provinceOfResidence, ward, household };
    }),
    places: places.map(({ place, kind }) => ({ province, place, kind: placeKindOf(kind ?? 0) ?? 'other' })),
    checkIns: checkIns.map(({ identifier, place, in_at, out_at, home_province }) => {
      return { province, identifier, place, inAt: in_at, outAt: out_at, homeProvince: home_province };
    }),
    encounters: encounters.map(({ identifier_a, identifier_b, from, until }) => {
      return { province, identifierA: identifier_a, identifierB: identifier_b, from, until };
    }),
  };
}

async function readFile<K extends ImportKind>(
  kind: K,
  { header, rows }: ImportFile,
  facts: RowFacts,
): Promise<Rows[K][]> {
  const bytes = (async function* () {
    yield Buffer.from(`${[header, ...rows].join('\n')}\n`);
  })();
  const found: Rows[K][] = [];
  for await (const batch of readCsv(readLines(bytes), ROW_KINDS[kind].columns)) {
    for (const { line, cells, problem } of batch) {
      const reading = cells === undefined ? { problem } : readRow<Rows[K]>(ROW_KINDS[kind], cells, facts);
      if (reading.row === undefined)
        throw new Error(`${kind}, line ${line}: ${JSON.stringify(reading.problem)}`);
      found.push(reading.row);
    }
  }
  return found;
}
