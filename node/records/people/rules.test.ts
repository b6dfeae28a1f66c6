import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, type Attributes, type KnownPeople, mergeRecords, type PersonRecord } from './rules.ts';

/** Ids from 100 are cccds. */
const isCccd = (id: number) => id >= 100;

function record(ids: number[], attributes: Partial<Attributes> = {}): PersonRecord {
  const empty = Object.fromEntries(ATTRIBUTES.map((name) => [name, null])) as Attributes;
  return {
    identifiers: ids.map((id) => ({ id, isCccd: isCccd(id) })),
    attributes: { ...empty, ...attributes },
  };
}

interface Stored {
  readonly ids: Set<number>;
  attributes: Attributes;
}

/**
 * A store of people that applies changes the way the database does, with the first holder of each identifier
 * loaded.
 */
class Store {
  readonly people = new Map<number, Stored>();
  /** Person and identifier in the order in which they came together. */
  #holdings: { personId: number; identifierId: number }[] = [];
  #next = 1;

  /** Returns how many changes there were. */
  enter(...records: PersonRecord[]): number {
    const changes = mergeRecords(this.#known(records), records);
    const additions: { personId: number; identifierId: number; order: number }[] = [];
    for (const { id = this.#next++, absorbed, attributes, added } of changes) {
      const person = this.people.get(id) ?? { ids: new Set(), attributes };
      this.people.set(id, person);
      person.attributes = attributes;
      for (const gone of absorbed) {
        for (const held of this.people.get(gone)?.ids ?? []) person.ids.add(held);
        this.people.delete(gone);
        this.#holdings = this.#holdings.map((h) => (h.personId === gone ? { ...h, personId: id } : h));
      }
      for (const { identifierId, order } of added) {
        if (!person.ids.has(identifierId)) additions.push({ personId: id, identifierId, order });
        person.ids.add(identifierId);
      }
    }
    this.#holdings.push(...additions.sort((a, b) => a.order - b.order));
    return changes.filter((c) => c.id === undefined || c.attributesChanged || c.absorbed.length > 0).length;
  }

  #known(records: readonly PersonRecord[]): KnownPeople {
    const asked = new Set(records.flatMap(({ identifiers }) => identifiers.map(({ id }) => id)));
    const holdings = [...asked].flatMap((id) =>
      this.#holdings.filter((h) => h.identifierId === id).slice(0, 1),
    );
    const people = [...new Set(holdings.map(({ personId }) => personId))].map((id) => {
      const { ids, attributes } = this.people.get(id) as Stored;
      return { id, hasCccd: [...ids].some(isCccd), attributes };
    });
    return { people, holdings };
  }

  /** Each person as `1 2 100 name`, sorted. */
  show(): string[] {
    return [...this.people.values()]
      .map(({ ids, attributes }) => [...[...ids].sort((a, b) => a - b), attributes.name ?? '-'].join(' '))
      .sort();
  }
}

const CASES: [string, PersonRecord[], string[]][] = [
  ['one record is one person', [record([1, 2], { name: 'An' })], ['1 2 An']],
  ['a shared identifier merges', [record([1, 2]), record([2, 3], { name: 'An' })], ['1 2 3 An']],
  ['strangers stay apart', [record([1], { name: 'An' }), record([2], { name: 'Ba' })], ['1 An', '2 Ba']],
  [
    'a bridging row merges two people',
    [record([1], { name: 'An' }), record([2]), record([1, 2])],
    ['1 2 An'],
  ],
  [
    'in a merge the later value stands',
    [record([1], { name: 'An' }), record([2], { name: 'Ba' }), record([1], { name: 'Cu' }), record([1, 2])],
    ['1 2 Cu'],
  ],
  [
    'a bridge of three',
    [record([1]), record([2]), record([3], { name: 'An' }), record([3, 2, 1])],
    ['1 2 3 An'],
  ],
  ['a later value replaces', [record([1], { name: 'An' }), record([1], { name: 'Ba' })], ['1 Ba']],
  ['an empty value never erases', [record([1], { name: 'An' }), record([1])], ['1 An']],
  [
    'different cccds do not merge over a phone',
    [record([100, 1], { name: 'An' }), record([101, 1], { name: 'Ba' })],
    ['1 100 An', '1 101 Ba'],
  ],
  ['a person without cccd gets one', [record([1, 2], { name: 'An' }), record([100, 2])], ['1 2 100 An']],
  [
    'the second cccd does not take the person over',
    [record([1], { name: 'An' }), record([100, 1]), record([101, 1], { name: 'Ba' })],
    ['1 100 An', '1 101 Ba'],
  ],
  [
    'two cccds in a row: the row is about the first',
    [record([1, 100, 101], { name: 'An' })],
    ['1 100 An', '1 101 -'],
  ],
  [
    'a row about a shared phone is about the first to have it',
    [record([100, 1], { name: 'An' }), record([101, 1], { name: 'Ba' }), record([1], { name: 'Cu' })],
    ['1 100 Cu', '1 101 Ba'],
  ],
  [
    'a row that leads to two cccds is about that of its first identifier',
    [record([100, 1]), record([101, 2], { name: 'Ba' }), record([3, 2, 1], { name: 'Cu' })],
    ['1 100 -', '1 2 3 101 Cu'],
  ],
  [
    'a row that leads to one cccd only is about that person',
    [record([100, 1], { name: 'An' }), record([2], { name: 'Cu' }), record([1, 2])],
    ['1 2 100 Cu'],
  ],
];

describe('merging records', () => {
  it.each(CASES)('%s', (_, records, expected) => {
    const store = new Store();
    store.enter(...records);
    expect(store.show()).toEqual(expected);
  });

  it.each(CASES)('%s, also when stored one by one', (_, records, expected) => {
    const store = new Store();
    for (const one of records) store.enter(one);
    // Across batches the order of two people's values is only known by who came first.
    const anyOrder = (lines: string[]) => lines.map((line) => line.replace(/(An|Ba|Cu)$/, 'named'));
    expect(anyOrder(store.show())).toEqual(anyOrder(expected));
  });

  const anyRecord = fc
    .record({
      loose: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
      cccds: fc.uniqueArray(fc.integer({ min: 100, max: 103 }), { maxLength: 2 }),
      name: fc.option(fc.constantFrom('An', 'Ba', 'Cu')),
    })
    .filter(({ loose, cccds }) => loose.length + cccds.length > 0)
    .map(({ loose, cccds, name }) => record([...loose, ...cccds], { name }));
  const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 15 });

  it('the same batch again changes nothing', () => {
    fc.assert(
      fc.property(anyRecords, anyRecords, (before, records) => {
        const store = new Store();
        store.enter(...before);
        store.enter(...records);
        const shown = store.show();
        expect(store.enter(...records)).toBe(0);
        expect(store.show()).toEqual(shown);
      }),
      { numRuns: 3000 },
    );
  });

  it('who is who does not depend on the batches', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const [whole, single] = [new Store(), new Store()];
        whole.enter(...records);
        for (const one of records) single.enter(one);
        const ids = (store: Store) =>
          [...store.people.values()].map((p) => [...p.ids].sort().join(' ')).sort();
        expect(ids(single)).toEqual(ids(whole));
      }),
      { numRuns: 3000 },
    );
  });

  it('nobody has two cccds, and who has none shares no identifier', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const store = new Store();
        store.enter(...records);
        const people = [...store.people.values()];
        for (const { ids } of people) {
          const cccds = [...ids].filter(isCccd);
          expect(cccds.length).toBeLessThanOrEqual(1);
          if (cccds.length > 0) continue;
          for (const id of ids) expect(people.filter((p) => p.ids.has(id))).toHaveLength(1);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
