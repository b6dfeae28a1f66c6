/**
 * Federation, merged query and oracle on the same small world: all three must find the same contacts.
 */

import { openDatabase } from '../../shared/db/database.ts';
import { placeKindNumber } from '../../shared/domain/place-kind.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { type OracleContact, oracleOf } from '../simulation/oracle.ts';
import { BenchFederation, provinceCodes } from './bench-federation.ts';
import {
  askMerged,
  assertSameContacts,
  type BenchContact,
  contactsOfMerged,
  contactsOfNodes,
  personOf,
} from './contacts.ts';
import { CASE_ID, datasetOf } from './dataset.ts';
import { enterCase, FederatedTracer } from './federated-trace.ts';
import { tokenOf } from './rows.ts';
import { BENCH_TIME, type BlockShape, identifierValue, makeWorld, type World } from './world.ts';

/** 240 people in two blocks. */
export const SMALL: BlockShape = {
  neighbourhoods: 6,
  residents: 20,
  placesPerNeighbourhood: 2,
  staysPerPerson: 10,
};

const INDEX_PERSONS = [3, 17, 41, 66, 98];

export interface CheckOptions {
  readonly rules: RulePack;
  say(what: string): void;
}

/** Throws at the first difference. */
export async function checkAgainstOracle({ rules, say }: CheckOptions): Promise<void> {
  const world = makeWorld({ shape: SMALL, blocks: 2, provinces: 3, seed: 7 });
  const codes = provinceCodes(3);
  await using bench = await BenchFederation.start(world, { say });
  await using hubDb = openDatabase(bench.federation.hub.databaseUrl, { max: 1, name: 'bench hub' });
  for (const index of INDEX_PERSONS) {
    const person = world.personOf(index);
    const home = bench.federation.node(codes[world.people.home[person] as number] as string);
    const caseId = await enterCase(home, identifierValue(2 * person));
    const tracer = new FederatedTracer(home, bench.federation.hub, hubDb);
    await tracer.findAllProvinces(caseId);
    for (const maxDegree of [1, 2]) {
      const expected = oracleContacts({ world, codes, person, maxDegree, rules });
      const question = {
        token: tokenOf(2 * person),
        from: BENCH_TIME.from,
        until: BENCH_TIME.asOf,
        maxDegree,
        rules,
      };
      assertSameContacts(contactsOfMerged(await askMerged(bench.merged, question), codes), expected);
      const { traceId } = await tracer.run({ caseId, maxDegree });
      assertSameContacts(await contactsOfNodes(bench.nodes, traceId), expected);
      say(`person ${index}, ${maxDegree} degrees: ${expected.length} contacts, all three the same`);
    }
  }
}

export interface OracleQuestion {
  readonly world: World;
  readonly codes: readonly string[];
  readonly person: number;
  readonly maxDegree: number;
  readonly rules: RulePack;
}

/** The oracle's contacts of a trace from `person`. */
export function oracleContacts({ world, codes, person, maxDegree, rules }: OracleQuestion): BenchContact[] {
  const oracle = oracleOf(datasetOf(world, codes, person), rules);
  const request = { direction: 'forward', cases: [CASE_ID], maxDegree, asOf: BENCH_TIME.asOf } as const;
  return oracle.contacts(request).map(benchContact);
}

const SETTINGS = ['place', 'encounter', 'household'];

function benchContact(contact: OracleContact): BenchContact {
  const { degree, firstExposedAt, lastExposedAt, seconds, exposedIn, residentIn } = contact;
  return {
    person: personOf(contact.identifiers),
    ...{ degree, firstExposedAt, lastExposedAt, seconds, exposedIn },
    settings: bits(contact.settings.map((setting) => SETTINGS.indexOf(setting))),
    placeKinds: bits(contact.placeKinds.map((kind) => (placeKindNumber(kind) as number) - 1)),
    // Everybody in a bench world is a resident of exactly one province.
    province: residentIn[0] as string,
  };
}

function bits(positions: readonly number[]): number {
  return positions.reduce((set, position) => set | (1 << position), 0);
}
