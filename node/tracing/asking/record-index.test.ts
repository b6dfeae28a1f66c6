import { describe, expect, it } from 'vitest';
import { type NamingColumns, RecordIndex } from './record-index.ts';

interface Row {
  readonly id: number;
  readonly names: readonly number[];
  readonly birth?: number;
  readonly household?: number;
  readonly principal?: number;
  readonly isResident?: boolean;
}

function namings(...records: Row[]): NamingColumns {
  return columnsOf(records);
}

function columnsOf(records: readonly Row[]): NamingColumns {
  const rows = records.flatMap((record) => record.names.map((identifier) => ({ ...record, identifier })));
  return {
    record: Int32Array.from(rows, ({ id }) => id),
    identifier: Int32Array.from(rows, ({ identifier }) => identifier),
    birth: Int32Array.from(rows, ({ birth = 0 }) => birth),
    household: Int32Array.from(rows, ({ household = 0 }) => household),
    principal: Int32Array.from(rows, ({ principal = 0 }) => principal),
    isResident: Uint8Array.from(rows, ({ isResident }) => Number(isResident ?? false)),
  };
}

const linked = (index: RecordIndex, identifier: number) => {
  const found: number[] = [];
  index.eachLinked(identifier, (other) => found.push(other));
  return found.sort((a, b) => a - b);
};
const housemates = (index: RecordIndex, identifier: number) => {
  const found: number[] = [];
  index.eachHousemate(identifier, (other) => found.push(other));
  return found.sort((a, b) => a - b);
};
const recordsOf = (index: RecordIndex, identifier: number) => {
  const found: string[] = [];
  index.eachRecord(identifier, (names, birth) => found.push(`${[...names].sort().join()} ${birth}`));
  return found.sort();
};

describe('the records in memory', () => {
  it('link what they name together, each once however many say so', () => {
    const index = new RecordIndex();
    index.replaceAll(namings({ id: 1, names: [1, 2, 3], birth: 7 }, { id: 2, names: [2, 1] }));
    expect(linked(index, 1)).toEqual([2, 3]);
    expect(linked(index, 3)).toEqual([1, 2]);
    expect(linked(index, 9_999)).toEqual([]);
    expect(recordsOf(index, 2)).toEqual(['1,2 0', '1,2,3 7']);
  });

  it('are found whatever other rows lie between those of one', () => {
    const rows = namings({ id: 1, names: [1, 2] }, { id: 2, names: [3, 4] });
    const turn = <T extends Int32Array | Uint8Array>(column: T) =>
      column.map((_, i) => column[[2, 0, 3, 1][i] as number] as number) as T;
    const index = new RecordIndex();
    index.replaceAll(Object.fromEntries(Object.entries(rows).map(([n, c]) => [n, turn(c)])) as never);
    expect([linked(index, 1), linked(index, 3)]).toEqual([[2], [4]]);
  });

  it('that are replaced link what they name now, and those that are gone nobody', () => {
    const index = new RecordIndex();
    index.replaceAll(namings({ id: 1, names: [1, 2], isResident: true }, { id: 2, names: [2, 3] }));
    // Told of 2 alone: what it names now is known whole.
    index.replaceThoseOf([2], namings({ id: 1, names: [1, 4], isResident: true }));
    expect([1, 2, 3, 4].map((id) => linked(index, id))).toEqual([[4], [], [], [1]]);
    expect([1, 2, 4].map((id) => index.isResident(id))).toEqual([true, false, true]);
    index.replaceThoseOf([1, 4], namings());
    expect(linked(index, 1)).toEqual([]);
    expect(index.isResident(1)).toBe(false);
  });

  it('house their principal identifier alone, in every household that one of them names', () => {
    const index = new RecordIndex();
    const home = (id: number, household: number, ...names: number[]) => {
      return { id, names, household, principal: names[0] as number };
    };
    index.replaceAll(
      namings(home(1, 1, 1, 9), home(2, 1, 2), home(3, 2, 1), home(4, 2, 3), home(5, 1, 2, 8)),
    );
    expect([1, 2, 3, 9].map((id) => housemates(index, id))).toEqual([[2, 3], [1], [1], []]);
    index.replaceThoseOf([2], namings(home(5, 1, 2, 8)));
    expect(housemates(index, 1)).toEqual([2, 3]);
    index.replaceThoseOf([2, 8], namings());
    expect(housemates(index, 1)).toEqual([3]);
  });

  it('of half a million identifiers are looked at well under a microsecond each', () => {
    const people = 300_000;
    const index = new RecordIndex();
    index.replaceAll(
      columnsOf(Array.from({ length: people }, (_, i) => ({ id: i + 1, names: [2 * i + 1, 2 * i + 2] }))),
    );
    let links = 0;
    const look = () => {
      const began = process.hrtime.bigint();
      for (let id = 1; id <= 2 * people; id++) index.eachLinked(id, () => links++);
      return Number(process.hrtime.bigint() - began) / (2 * people);
    };
    const nanoseconds = Math.min(look(), look(), look());
    expect(links).toBe(6 * people);
    expect(nanoseconds).toBeLessThan(1_000);
  });
});
