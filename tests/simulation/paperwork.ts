/**
 * What the provinces of a generated world write down about its people, as histories: the writings of one
 * record in their order. Records in one piece, in chains, one a card; slips in a `cccd` or a year; corrected,
 * withdrawn, written again; households. Part of world.ts; writes rows, knows no oracle.
 */
import type { PersonRow } from './dataset.ts';
import { type Minting, mintWord, slipIn } from './minting.ts';
import type { Population, Someone } from './population.ts';
import type { Random } from './random.ts';

/** Where a world's records are written. */
export interface Registry {
  readonly random: Random;
  readonly provinces: readonly string[];
  readonly minting: Minting;
}

/** The writings of one record. */
type History = readonly PersonRow[];

/** The rows of a world's people, in the order in which they were written. */
export function paperworkOf(registry: Registry, { someones, families }: Population): PersonRow[] {
  const { random } = registry;
  const histories = [
    ...someones.flatMap((one) => recordsOf(registry, one)),
    ...someones.flatMap((one) => wrongRecordsOf(registry, one, random.pick(someones))),
    ...families.flatMap((family) => [...householdOf(registry, family), ...onePhoneOf(registry, family)]),
  ];
  return interleaved(random, histories);
}

/** All rows, those of each history in their order. */
function interleaved(random: Random, histories: readonly History[]): PersonRow[] {
  const turns = random.shuffled(histories.flatMap((rows, index) => rows.map(() => index)));
  const left = histories.map((rows) => [...rows]);
  return turns.flatMap((index) => left[index]?.shift() ?? []);
}

/** All in one record, a chain of records over provinces, one a card, a part only, or nothing. */
function recordsOf(registry: Registry, one: Someone): History[] {
  const { random } = registry;
  const identifiers = random.shuffled(one.identifiers);
  const manner = random.chance(90) ? random.pick(['one', 'chain', 'cards']) : random.pick(['part', 'none']);
  if (manner === 'none') return [];
  const chain = identifiers.slice(1).map((identifier, index) => [identifiers[index] as string, identifier]);
  const together = {
    one: [identifiers],
    chain,
    cards: cardByCard(random, identifiers) ?? chain,
    part: chain.filter(() => random.chance(50)),
  }[manner as 'one'];
  return together.flatMap((list) => {
    const row = rowOf(registry, one, random.shuffled(list));
    const history = withCorrections(registry, row);
    // another province knows the same
    return random.chance(8) ? [history, [{ ...row, province: random.pick(registry.provinces) }]] : [history];
  });
}

/** Each number with the same handle, and each further handle, too; undefined where there is no handle. */
function cardByCard(random: Random, identifiers: readonly string[]): string[][] | undefined {
  const handles = identifiers.filter((one) => /^(phone|app):/.test(one));
  if (handles.length === 0 || identifiers.length < 2) return undefined;
  const handle = random.pick(handles);
  return identifiers.filter((one) => one !== handle).map((one) => [one, handle]);
}

function rowOf({ random, provinces }: Registry, one: Someone, identifiers: readonly string[]): PersonRow {
  return {
    province: random.pick(provinces),
    identifiers,
    name: random.chance(80) ? one.name : null,
    ...statementOf(random, one),
    provinceOfResidence: random.chance(85) ? (one.home?.province ?? null) : null,
    ward: one.home?.ward ?? null,
    household: null,
  };
}

/** Both, one or none of birth and sex; a date, month or year; now and then a slip in the year. */
function statementOf(
  random: Random,
  { bornOn, sex, identifiers }: Someone,
): Pick<PersonRow, 'bornOn' | 'sex'> {
  const isGuest = identifiers.some((one) => one.startsWith('passport:KOR')); // whose passport was seen
  const [knowsBirth, knowsSex] = random.chance(isGuest ? 75 : 45)
    ? [true, true]
    : random.pick([
        [true, false],
        [false, true],
        [false, false],
        [false, false],
      ]);
  const slip = random.chance(5) ? random.pick([-1, 1, 10]) : 0;
  const born = `${Number(bornOn.slice(0, 4)) + slip}${bornOn.slice(4)}`;
  const length = random.pick([4, 7, 10, 10]);
  return { bornOn: knowsBirth ? born.slice(0, length) : null, sex: knowsSex ? sex : null };
}

/** A history that ends with `row`, or with its withdrawal. */
function withCorrections(registry: Registry, row: PersonRow): PersonRow[] {
  const { random } = registry;
  if (random.chance(10)) return [{ ...row, ...random.pick(otherStatements(row)) }, emptied(random, row)];
  if (random.chance(14)) return corrected(registry, row);
  if (random.chance(6)) {
    const withdrawn = [row, { ...row, withdrawn: true }];
    return random.chance(30) ? [...withdrawn, emptied(random, row)] : withdrawn;
  }
  return [row];
}

/** What may have been said before about somebody, under the same key. */
function otherStatements({ provinceOfResidence }: PersonRow): Partial<PersonRow>[] {
  return [
    { bornOn: '1985' },
    { sex: 'female' },
    { bornOn: '2011-03', sex: 'male' },
    // A ward of another province than the row's would be refused.
    provinceOfResidence === null ? { provinceOfResidence: '24', ward: null } : { provinceOfResidence: null },
  ];
}

/** The same row with cells left out: "an empty cell never erases". */
function emptied(random: Random, row: PersonRow): PersonRow {
  return {
    ...row,
    ...(random.chance(30) ? { bornOn: null } : {}),
    ...(random.chance(30) ? { sex: null } : {}),
    ...(random.chance(30) ? { provinceOfResidence: null } : {}),
  };
}

/** Under a key of its own: first with other identifiers, then as `row`. */
function corrected(registry: Registry, row: PersonRow): PersonRow[] {
  const { random, minting } = registry;
  const keyed = { ...row, record: mintWord('r', minting) };
  const cccd = row.identifiers.find((one) => one.startsWith('cccd:'));
  const slipped =
    cccd === undefined ? [] : row.identifiers.map((one) => (one === cccd ? slipIn(random, one) : one));
  const drafts = [slipped, slipped, row.identifiers.slice(0, 1), row.identifiers.slice(1)];
  const filled = drafts.filter((draft) => draft.length > 0);
  return [{ ...keyed, identifiers: random.pick(filled) }, emptied(random, keyed)];
}

/**
 * Records of nobody: a slip in the `cccd` beside what is right, or what is `one`'s beside what is `other`'s;
 * some are withdrawn, some corrected, some stay.
 */
function wrongRecordsOf(registry: Registry, one: Someone, other: Someone): History[] {
  const { random, minting } = registry;
  const cccd = one.identifiers.find((identifier) => identifier.startsWith('cccd:'));
  const rest = one.identifiers.filter((identifier) => identifier !== cccd);
  if (cccd !== undefined && rest.length > 0 && random.chance(20)) {
    const beside = random.some(random.int(1, 2), rest);
    const right = { ...rowOf(registry, one, [...beside, cccd]), record: mintWord('r', minting) };
    const wrong = { ...right, identifiers: random.shuffled([slipIn(random, cccd), ...beside]) };
    return [random.pick<PersonRow[]>([[wrong], [wrong, right], [wrong, { ...wrong, withdrawn: true }]])];
  }
  if (one !== other && random.chance(4)) {
    const mixed = [random.pick(rest.length > 0 ? rest : one.identifiers), random.pick(other.identifiers)];
    const wrong = rowOf(registry, one, [...new Set(mixed)]);
    return [random.chance(75) ? [wrong, { ...wrong, withdrawn: true }] : [wrong]];
  }
  return [];
}

/** Everybody of a family beside the phone that they share, if they do. */
function onePhoneOf(registry: Registry, family: readonly Someone[]): History[] {
  const { random } = registry;
  const shared = family[0]?.identifiers.find((one) => family[1]?.identifiers.includes(one));
  if (shared === undefined || !random.chance(50)) return [];
  return family.map((one) => {
    const beside =
      one.identifiers.find((identifier) => !/^(phone|app):/.test(identifier)) ?? one.identifiers[0];
    return [rowOf(registry, one, random.shuffled([...new Set([beside as string, shared])]))];
  });
}

/** Records that put a family into a household of one province; some move, some live in two. */
function householdOf(registry: Registry, family: readonly Someone[]): History[] {
  const { random, provinces, minting } = registry;
  if (!random.chance(50)) return [];
  const household = mintWord('h', minting);
  const province = random.pick(provinces);
  return family.flatMap((one) => {
    const row = rowOf(registry, one, random.some(random.int(1, 2), one.identifiers));
    const home = { ...row, province, household };
    const second = { ...rowOf(registry, one, row.identifiers.slice(0, 1)), household: `${household}-new` };
    return [
      random.chance(12)
        ? [home, { ...home, household: `${household}-new` }]
        : withCorrections(registry, home),
      ...(random.chance(18) ? [[{ ...second, province }]] : []),
      // ids of households are local, too: in another province the same one is another household
      ...(random.chance(10) ? [[{ ...home, province: random.pick(provinces) }]] : []),
    ];
  });
}
