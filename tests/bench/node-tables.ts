/**
 * A world's rows in the tables of the nodes: each province gets what its own imports would have given it,
 * with tokens ready-made. Only loads; the schema is the nodes' own.
 */

import { forEachParallel } from '../../deploy/federation/parallel.ts';
import { ensurePartitions } from '../../node/db/partitions.ts';
import { openTokens } from '../../node/records/people/operations.ts';
import { birthOf } from '../../node/records/people/rules.ts';
import { DataKeys } from '../../node/sealing/data-keys.ts';
import { readKeyRing } from '../../node/sealing/key-source.ts';
import type { ColumnSealer } from '../../node/sealing/sealer.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { kindNumberOf } from '../../shared/domain/identifier.ts';
import { byArrival, copyInPieces, gather, mapRows } from './rows.ts';
import { BENCH_TIME, identifierValue, type World } from './world.ts';

export interface NodeTarget {
  readonly province: string;
  readonly databaseUrl: string;
  /** Its ring of data keys. */
  readonly dataKeysFile: string;
}

const DAY = 86_400;

/**
 * Fills the migrated, empty databases of `nodes`, in the order of the world's provinces. Nodes must not run.
 */
export async function fillNodes(
  world: World,
  tokens: Uint8Array,
  nodes: readonly NodeTarget[],
): Promise<void> {
  const { stays, places } = world;
  const ordered = byArrival(
    stays,
    nodes.length,
    (row) => places.province[stays.place[row] as number] as number,
  );
  await forEachParallel([...nodes.entries()], 2, async ([position, node]) => {
    await using db = openDatabase(node.databaseUrl, { max: 1, name: 'bench load' });
    const rows = ordered.rows.subarray(ordered.start[position], ordered.start[position + 1]);
    const { sealer } = await dataKeysOf(node);
    await new NodeLoader({ db, sealer, world, tokens, position, nodes, rows }).load();
  });
}

/** The data keys that a node has. */
export async function dataKeysOf({ dataKeysFile }: NodeTarget): Promise<DataKeys> {
  return new DataKeys(await readKeyRing({ file: dataKeysFile }));
}

interface LoaderOptions {
  readonly db: Database;
  readonly sealer: ColumnSealer;
  readonly world: World;
  readonly tokens: Uint8Array;
  readonly position: number;
  readonly nodes: readonly NodeTarget[];
  readonly rows: Int32Array;
}

/** Fills one node's database. */
class NodeLoader {
  readonly #options: LoaderOptions;
  /** Local id of an identifier, 0 = not held here. */
  readonly #idOf: Int32Array;
  #held: Int32Array = new Int32Array();
  readonly #placeIdOf: Int32Array;

  constructor(options: LoaderOptions) {
    this.#options = options;
    this.#idOf = new Int32Array(options.world.people.count * 2);
    this.#placeIdOf = new Int32Array(options.world.places.count);
  }

  async load(): Promise<void> {
    const { db } = this.#options;
    const encounters = this.#ownEncounters();
    this.#numberIdentifiers(encounters);
    const restore = await dropIndexes(db, ['check_ins', 'encounters']);
    const days = Array.from({ length: BENCH_TIME.days + 2 }, (_, i) => BENCH_TIME.from + (i - 1) * DAY);
    await ensurePartitions(db, 'check_ins', days);
    await ensurePartitions(db, 'encounters', days);
    await this.#loadIdentifiers();
    await this.#loadRecords();
    await this.#loadPlaces();
    await this.#loadStays();
    await this.#loadEncounters(encounters);
    await restore();
    for (const table of ['identifiers', 'records', 'places'])
      await db.sql`
        SELECT setval(pg_get_serial_sequence(${table}, 'id'), (SELECT max(id) FROM ${db.sql(table)}))`;
    await db.sql`UPDATE node_state SET data_at = ${BENCH_TIME.asOf}`;
    await db.sql.unsafe('VACUUM (ANALYZE)');
  }

  #ownEncounters(): Int32Array {
    const { world, position } = this.#options;
    const rows: number[] = [];
    for (let row = 0; row < world.encounters.count; row++) {
      if (world.encounters.province[row] === position) rows.push(row);
    }
    return Int32Array.from(rows);
  }

  /** An identifier is held where a record, a check-in or an encounter names it. */
  #numberIdentifiers(encounters: Int32Array): void {
    const { world, position, rows } = this.#options;
    const { people, stays } = world;
    for (let person = 0; person < people.count; person++) {
      const here = this.#recordHere(person);
      if (here === 'none') continue;
      this.#idOf[2 * person] = 1;
      if (here === 'both') this.#idOf[2 * person + 1] = 1;
    }
    for (const row of rows) this.#idOf[stays.identifier[row] as number] = 1;
    for (const row of encounters) {
      this.#idOf[world.encounters.a[row] as number] = 1;
      this.#idOf[world.encounters.b[row] as number] = 1;
    }
    let count = 0;
    for (let i = 0; i < this.#idOf.length; i++) if (this.#idOf[i] === 1) this.#idOf[i] = ++count;
    this.#held = new Int32Array(count);
    for (let i = 0; i < this.#idOf.length; i++) {
      if (this.#idOf[i] !== 0) this.#held[(this.#idOf[i] as number) - 1] = i;
    }
    let places = 0;
    for (let place = 0; place < world.places.count; place++) {
      if (world.places.province[place] === position) this.#placeIdOf[place] = ++places;
    }
  }

  #recordHere(person: number): 'none' | 'cccd' | 'both' {
    const { world, position } = this.#options;
    const { home, second, homeNamesCccdOnly } = world.people;
    if (second[person] === position) return 'both';
    if (home[person] !== position) return 'none';
    return homeNamesCccdOnly[person] === 1 ? 'cccd' : 'both';
  }

  async #loadIdentifiers(): Promise<void> {
    const { db, sealer, world, tokens, position } = this.#options;
    const { generation } = sealer;
    const { home, household } = world.people;
    const held = this.#held;
    const households = new Set<number>();
    for (const identifier of held) {
      if (identifier % 2 === 0 && home[identifier >> 1] === position) {
        households.add(household[identifier >> 1] as number);
      }
    }
    const numbers = [...households];
    const housing = 'households (id, name_sealed, name_index, key_generation)';
    await copyInPieces(db, housing, numbers.length, (from, until) => {
      const ids = numbers.slice(from, until);
      const names = ids.map((number) => `h${number}`);
      const sealed = sealer.seal('households.name', ids, names);
      return [ids, sealed, indexBytes(sealer.index('households.name', names)), ids.map(() => generation)];
    });
    const columns =
      'identifiers (id, value_sealed, value_index, kind, key_generation, token, token_generation)';
    const tokenSealer = await openTokens({ db, dataKeys: { sealer } });
    const sealedTokens = (piece: readonly number[], ids: readonly number[]) => {
      const plain = piece.map((identifier) => tokens.subarray(identifier * 16, identifier * 16 + 16));
      const rows = { ids, generations: ids.map(() => 1) };
      const sealed = tokenSealer.seal(rows, Buffer.concat(plain));
      return ids.map((_, i) => sealed.subarray(i * 24, i * 24 + 24));
    };
    await copyInPieces(db, columns, held.length, (from, until) => {
      const piece = Array.from(held.subarray(from, until));
      const ids = Array.from(mapRows(from, until, (row) => row + 1));
      const values = piece.map(identifierValue);
      return [
        ids,
        sealer.seal('identifiers.value', ids, values),
        indexBytes(sealer.index('identifiers.value', values)),
        values.map(kindNumberOf),
        ids.map(() => generation),
        sealedTokens(piece, ids),
        new Int32Array(piece.length).fill(1),
      ];
    });
  }

  /** A record a person; who is at home here lives in a household. */
  async #loadRecords(): Promise<void> {
    const { db, sealer, world, nodes, position } = this.#options;
    const { home, household } = world.people;
    const recorded: number[] = [];
    for (let person = 0; person < world.people.count; person++) {
      if (this.#recordHere(person) !== 'none') recorded.push(person);
    }
    const namedBy = (person: number): number[] =>
      (this.#recordHere(person) === 'both' ? [2 * person, 2 * person + 1] : [2 * person]).map(
        (identifier) => this.#idOf[identifier] as number,
      );
    const columns =
      'records (id, source, source_key, identifier_ids, person_sealed, key_generation, at, province, ward, ' +
      'household_id, principal_id, birth_year, sex)';
    await copyInPieces(db, columns, recorded.length, (from, until) => {
      const people = recorded.slice(from, until);
      const ids = Array.from(mapRows(from, until, (row) => row + 1));
      const persons = people.map((person) => JSON.stringify({ name: `Người ${person}` }));
      const isAtHome = (person: number) => home[person] === position;
      const births = people.map((person) =>
        birthOf({ born_on: null, sex: null, identifiers: [identifierValue(2 * person)] }),
      );
      return [
        ids,
        ids.map(() => 1),
        people.map((person) => Buffer.from(`bench ${person}`)),
        people.map((person) => `{${namedBy(person).join()}}`),
        sealer.seal('records.person', ids, persons),
        ids.map(() => sealer.generation),
        ids.map(() => 0),
        people.map((person) => (nodes[home[person] as number] as NodeTarget).province),
        people.map((person) => `P${person % 100}`),
        people.map((person) => (isAtHome(person) ? household[person] : null)),
        people.map((person) => (isAtHome(person) ? this.#idOf[2 * person] : null)),
        births.map((birth) => birth?.year ?? null),
        births.map((birth) => birth?.sex ?? null),
      ];
    });
    const named = recorded.flatMap((person, i) =>
      namedBy(person).map((identifier, place) => [identifier, i + 1, place] as const),
    );
    const naming = 'record_identifiers (identifier_id, record_id, position)';
    await copyInPieces(db, naming, named.length, (from, until) => {
      const rows = named.slice(from, until);
      return [0, 1, 2].map((column) => rows.map((row) => row[column]));
    });
  }

  async #loadPlaces(): Promise<void> {
    const { db, sealer, world } = this.#options;
    const own: number[] = [];
    for (let place = 0; place < world.places.count; place++)
      if (this.#placeIdOf[place] !== 0) own.push(place);
    await copyInPieces(db, 'places (id, place, key_generation, kind)', own.length, (from, until) => {
      const places = own.slice(from, until);
      return [
        places.map((place) => this.#placeIdOf[place]),
        places.map((place) => `p${place}`),
        places.map(() => sealer.generation),
        places.map((place) => world.places.kind[place]),
      ];
    });
  }

  async #loadStays(): Promise<void> {
    const { db, world, rows } = this.#options;
    const { identifier, place, inAt, outAt, nextInAt } = world.stays;
    const target = 'check_ins (identifier_id, place_id, in_at, out_at, next_in_at)';
    await copyInPieces(db, target, rows.length, (from, until) => [
      gather(identifier, rows, from, until).map((i) => this.#idOf[i] as number),
      gather(place, rows, from, until).map((p) => this.#placeIdOf[p] as number),
      gather(inAt, rows, from, until),
      gather(outAt, rows, from, until),
      gather(nextInAt, rows, from, until),
    ]);
  }

  async #loadEncounters(rows: Int32Array): Promise<void> {
    const { db, world } = this.#options;
    const { a, b, from: starts, until: ends } = world.encounters;
    const target = 'encounters (identifier_a, identifier_b, from_at, until_at)';
    await copyInPieces(db, target, rows.length, (from, until) => [
      gather(a, rows, from, until).map((i) => this.#idOf[i] as number),
      gather(b, rows, from, until).map((i) => this.#idOf[i] as number),
      gather(starts, rows, from, until),
      gather(ends, rows, from, until),
    ]);
  }
}

function indexBytes(indexes: readonly string[]): Buffer[] {
  return indexes.map((hex) => Buffer.from(hex, 'hex'));
}

/** Drops the indexes of `tables` for the load; the answer makes the same ones again. */
async function dropIndexes(db: Database, tables: readonly string[]): Promise<() => Promise<void>> {
  const found = await db.sql<{ name: string; definition: string }[]>`
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
    FROM pg_index WHERE indrelid = ANY(${tables as string[]}::regclass[])`;
  for (const { name } of found) await db.sql.unsafe(`DROP INDEX ${name}`);
  return async () => {
    for (const { definition } of found) await db.sql.unsafe(definition.replace(' ON ONLY ', ' ON '));
  };
}
