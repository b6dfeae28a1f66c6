/**
 * The oracle's reading of README.md, Who is one person: tied numbers, opposed records, shared handles, links,
 * classes, and classes that fall apart. Must not import the code under test.
 */
import { isCccd, isHandle, kindOf, type StandingRecord } from './oracle-records.ts';

/** A person: its identifiers, sorted. One object a person, so that `===` compares persons. */
export interface Person {
  readonly identifiers: readonly string[];
}

/** What a record contributes to who is one person. */
export type Naming = Pick<StandingRecord, 'identifiers' | 'birth'>;

type Links = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The person of every identifier of `records` (of all provinces) and `strangers` (identifiers that no record
 * needs to name).
 */
export function resolvePersons(
  records: readonly Naming[],
  strangers: readonly string[],
): Map<string, Person> {
  const shared = sharedHandles(records);
  const linked = records.map(({ identifiers }) => identifiers.filter((one) => !shared.has(one)));
  const links = linksOf([...linked, ...strangers.map((one) => [one]), ...[...shared].map((one) => [one])]);
  const companions = cccdsBeside(records);
  const personOf = new Map<string, Person>();
  for (const members of classesOf(links)) {
    for (const identifiers of personsOfClass(members, companions)) {
      const person = { identifiers: [...identifiers].sort() };
      for (const identifier of identifiers) personOf.set(identifier, person);
    }
  }
  return personOf;
}

/** "A handle is shared if two records that name it are opposed." */
export function sharedHandles(records: readonly Naming[]): Set<string> {
  const areTied = tiesOf(records);
  const namings = new Map<string, Naming[]>();
  for (const record of records) {
    for (const handle of record.identifiers.filter(isHandle)) {
      // "a number or another handle beside it"
      if (record.identifiers.every((one) => one === handle)) continue;
      namings.set(handle, [...(namings.get(handle) ?? []), record]);
    }
  }
  const shared = [...namings].filter(([, own]) =>
    own.some((one, index) => own.slice(index + 1).some((other) => areOpposed(one, other, areTied))),
  );
  return new Set(shared.map(([handle]) => handle));
}

type AreTied = (one: string, other: string) => boolean;

/** "Numbers are tied if they are the same or records link them through numbers alone." */
function tiesOf(records: readonly Naming[]): AreTied {
  const knots = new Map<string, number>();
  for (const [index, members] of classesOf(linksOf(records.map(numbersOf))).entries()) {
    for (const number of members) knots.set(number, index);
  }
  return (one, other) => knots.get(one) === knots.get(other);
}

/** Of two records that name one handle, each with something beside it. */
function areOpposed(one: Naming, other: Naming, areTied: AreTied): boolean {
  const pairs = numbersOf(one).flatMap((a) => numbersOf(other).map((b) => [a, b] as const));
  if (pairs.some(([a, b]) => areTied(a, b))) return false;
  // (a) "they name two different `cccd`"
  if (pairs.some(([a, b]) => isCccd(a) && isCccd(b) && a !== b)) return true;
  // (b) "both have birth year and sex, and year or sex differs"
  if (one.birth !== undefined && other.birth !== undefined)
    return one.birth.year !== other.birth.year || one.birth.sex !== other.birth.sex;
  // (c) "not both have them, and they name different numbers of one kind"
  return pairs.some(([a, b]) => kindOf(a) === kindOf(b) && a !== b);
}

function numbersOf({ identifiers }: Naming): string[] {
  return identifiers.filter((one) => !isHandle(one));
}

/** Which identifiers one list names together, both ways. */
function linksOf(lists: readonly (readonly string[])[]): Links {
  const links = new Map<string, Set<string>>();
  for (const list of lists) {
    for (const one of list) {
      const linked = links.get(one) ?? new Set();
      links.set(one, linked);
      for (const other of list) if (other !== one) linked.add(other);
    }
  }
  return links;
}

/** "A class is what the remaining links connect, across all provinces." */
function classesOf(links: Links): string[][] {
  const classes: string[][] = [];
  const seen = new Set<string>();
  for (const start of links.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const members = [start];
    for (const member of members) {
      for (const next of links.get(member) ?? []) {
        if (!seen.has(next)) members.push(next);
        seen.add(next);
      }
    }
    classes.push(members);
  }
  return classes;
}

/** The `cccd` that some record names together with each identifier. */
function cccdsBeside(records: readonly Naming[]): Links {
  const companions = new Map<string, Set<string>>();
  for (const { identifiers } of records) {
    for (const one of identifiers) {
      const beside = companions.get(one) ?? new Set();
      companions.set(one, beside);
      for (const cccd of identifiers.filter(isCccd)) beside.add(cccd);
    }
  }
  return companions;
}

/** "A class with at most one `cccd` is one person. A class with several falls apart." */
function personsOfClass(members: readonly string[], companions: Links): string[][] {
  const cccds = members.filter(isCccd);
  if (cccds.length <= 1) return [[...members]];
  const others = members.filter((identifier) => !isCccd(identifier));
  const ownerOf = (identifier: string) => {
    const owners = [...(companions.get(identifier) ?? [])];
    return owners.length === 1 ? owners[0] : undefined; // named together with it and with no other cccd
  };
  const owners = cccds.map((cccd) => [cccd, ...others.filter((identifier) => ownerOf(identifier) === cccd)]);
  const ownerless = others.filter((identifier) => ownerOf(identifier) === undefined);
  return [...owners, ...ownerless.map((identifier) => [identifier])];
}
