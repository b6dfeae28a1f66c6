/**
 * Contacts of a trace as rows that can be compared, from the merged database and from the nodes that hold
 * them.
 */
import assert from 'node:assert/strict';
import { readIdentifiers } from '../../node/records/people/operations.ts';
import { copyColumns } from '../../shared/db/copy.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { type MergedQuestion, mergedTraceSql } from './merged-sql.ts';
import { dataKeysOf, type NodeTarget } from './node-tables.ts';

/** One contact; persons by their number in the world, provinces by code. */
export interface BenchContact {
  readonly person: number;
  readonly degree: number;
  readonly firstExposedAt: number;
  readonly lastExposedAt: number;
  readonly seconds: number;
  readonly settings: number;
  readonly placeKinds: number;
  readonly exposedIn: readonly string[];
  /** The responsible province. */
  readonly province: string;
}

const MERGED_TYPES = [
  ...(['int4', 'int4', 'int8', 'int8', 'int8', 'int4'] as const),
  ...(['int4', 'int4', 'int4', 'int4', 'int4'] as const),
] as const;

/** Runs the merged query; the answer is columns, as the node's own statements give theirs. */
export function askMerged(db: Database, question: MergedQuestion) {
  return copyColumns(db.sql, mergedTraceSql(question), MERGED_TYPES);
}

type MergedAnswer = Awaited<ReturnType<typeof askMerged>>;

/** The merged answer as contacts; `codes` are the provinces in the world's order. */
export function contactsOfMerged({ rows, columns }: MergedAnswer, codes: readonly string[]): BenchContact[] {
  const [degree, person, first, last, seconds, settings, kinds, low, middle, high, province] = columns;
  return Array.from({ length: rows }, (_, i) => ({
    person: person[i] as number,
    degree: degree[i] as number,
    firstExposedAt: first[i] as number,
    lastExposedAt: last[i] as number,
    seconds: seconds[i] as number,
    settings: settings[i] as number,
    placeKinds: kinds[i] as number,
    exposedIn: codes.filter((_, p) => {
      const bits = [low, middle, high][Math.floor(p / 21)]?.[i] as number;
      return (bits >> (p % 21)) & 1;
    }),
    province: codes[province[i] as number] as string,
  }));
}

/** The contacts of a trace that the nodes hold, as delivered and not withdrawn. */
export async function contactsOfNodes(
  nodes: readonly NodeTarget[],
  traceId: string,
): Promise<BenchContact[]> {
  const contacts: BenchContact[] = [];
  for (const node of nodes) {
    const { province } = node;
    await using db = openDatabase(node.databaseUrl, { max: 1, name: 'bench check' });
    const rows = await db.sql<(Omit<BenchContact, 'person' | 'province'> & { ids: number[] })[]>`
      SELECT degree, first_exposed_at AS "firstExposedAt", last_exposed_at AS "lastExposedAt", seconds,
        settings, place_kinds AS "placeKinds", exposed_in AS "exposedIn",
        identifier_ids AS ids
      FROM contacts WHERE trace_id = ${traceId} AND withdrawn_at IS NULL`;
    const people = { db, dataKeys: await dataKeysOf(node) };
    const values = await readIdentifiers(
      people,
      rows.flatMap(({ ids }) => ids),
    );
    for (const { ids, ...row } of rows) {
      const person = personOf(ids.map((id) => values.get(id) as string));
      contacts.push({ ...row, province, person });
    }
  }
  return contacts;
}

/** The person that all of `values` are of. */
export function personOf(values: readonly string[]): number {
  const persons = new Set(values.map((value) => Number(value.replace(/^(cccd:|phone:\+849)/, ''))));
  assert.equal(persons.size, 1, 'a contact with identifiers of several persons');
  return [...persons][0] as number;
}

/** Throws unless both lists hold the same contacts, whatever their order. */
export function assertSameContacts(found: readonly BenchContact[], expected: readonly BenchContact[]): void {
  const sorted = (contacts: readonly BenchContact[]) =>
    [...contacts]
      .map((contact) => ({ ...contact, exposedIn: [...contact.exposedIn].sort() }))
      .sort((a, b) => a.person - b.person);
  const [ours, theirs] = [sorted(found), sorted(expected)];
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) assert.deepEqual(ours[i], theirs[i]);
}
