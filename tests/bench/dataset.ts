/**
 * A bench world as the oracle reads it. For small worlds: everything becomes objects and text.
 */
import { placeKindOf } from '../../shared/domain/place-kind.ts';
import type { Dataset, PersonRow } from '../simulation/dataset.ts';
import { BENCH_TIME, identifierValue, NO_INSTANT, NOWHERE, type World } from './world.ts';

/** Id of the only case, the index person's. */
export const CASE_ID = 'index';

/**
 * The world with one case of `person`, entered in its province; `codes` are the provinces in the world's
 * order.
 */
export function datasetOf(world: World, codes: readonly string[], person: number): Dataset {
  const { people, places, stays, encounters } = world;
  const code = (position: number | undefined) => codes[position as number] as string;
  const rows = (count: number) => Array.from({ length: count }, (_, i) => i);
  return {
    provinces: codes,
    people: rows(people.count).flatMap((p) => recordsOf(world, p, code)),
    places: rows(places.count).map((place) => ({
      province: code(places.province[place]),
      place: `p${place}`,
      kind: placeKindOf(places.kind[place] as number) as string,
    })),
    checkIns: rows(stays.count).map((row) => ({
      province: code(places.province[stays.place[row] as number]),
      identifier: identifierValue(stays.identifier[row] as number),
      place: `p${stays.place[row]}`,
      inAt: stays.inAt[row] as number,
      outAt: stays.outAt[row] === NO_INSTANT ? null : (stays.outAt[row] as number),
      homeProvince: null,
    })),
    encounters: rows(encounters.count).map((row) => ({
      province: code(encounters.province[row]),
      identifierA: identifierValue(encounters.a[row] as number),
      identifierB: identifierValue(encounters.b[row] as number),
      from: encounters.from[row] as number,
      until: encounters.until[row] as number,
    })),
    cases: [
      {
        province: code(people.home[person]),
        id: CASE_ID,
        identifiers: [identifierValue(2 * person)],
        onsetOn: BENCH_TIME.onsetOn,
        sampledAt: null,
        isolatedAt: null,
      },
    ],
  };
}

function recordsOf(
  { people }: World,
  p: number,
  code: (position: number | undefined) => string,
): PersonRow[] {
  const [cccd, phone] = [identifierValue(2 * p), identifierValue(2 * p + 1)];
  const residence = code(people.home[p]);
  const record = { name: null, provinceOfResidence: residence, ward: null, household: null };
  const atHome = {
    ...record,
    province: residence,
    identifiers: people.homeNamesCccdOnly[p] === 1 ? [cccd] : [cccd, phone],
    household: `h${people.household[p]}`,
  };
  if (people.second[p] === NOWHERE) return [atHome];
  return [atHome, { ...record, province: code(people.second[p]), identifiers: [cccd, phone] }];
}
