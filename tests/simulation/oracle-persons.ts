/**
 * The oracle's reading of README.md, Who is one person: links, classes, and classes that fall apart.
 * Must not import the code under test.
 */

/** A person: its identifiers, sorted. One object a person, so that `===` compares persons. */
export interface Person {
  readonly identifiers: readonly string[];
}

type Links = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The person of every identifier of `records` and `strangers` (identifiers that no record needs to name).
 * A record is the list of identifiers that one row of `persons` or one case names.
 */
export function resolvePersons(
  records: readonly (readonly string[])[],
  strangers: readonly string[],
): Map<string, Person> {
  const links = linksOf(records, strangers);
  const personOf = new Map<string, Person>();
  for (const members of classesOf(links)) {
    for (const identifiers of personsOfClass(members, links)) {
      const person = { identifiers: [...identifiers].sort() };
      for (const identifier of identifiers) personOf.set(identifier, person);
    }
  }
  return personOf;
}

/** "Identifiers named by one record, in any province, are linked": direct links, both ways. */
function linksOf(records: readonly (readonly string[])[], strangers: readonly string[]): Links {
  const links = new Map<string, Set<string>>(strangers.map((identifier) => [identifier, new Set()]));
  for (const record of records) {
    for (const one of record) {
      const linked = links.get(one) ?? new Set();
      links.set(one, linked);
      for (const other of record) if (other !== one) linked.add(other);
    }
  }
  return links;
}

/** "A class is what links connect, across all provinces." */
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

/** "A class with at most one `cccd` is one person. A class with several falls apart." */
function personsOfClass(members: readonly string[], links: Links): string[][] {
  const cccds = members.filter(isCccd);
  if (cccds.length <= 1) return [[...members]];
  const others = members.filter((identifier) => !isCccd(identifier));
  const ownerOf = (identifier: string) => {
    const owners = [...(links.get(identifier) ?? [])].filter(isCccd);
    return owners.length === 1 ? owners[0] : undefined; // linked directly to it and to no other cccd
  };
  const owners = cccds.map((cccd) => [cccd, ...others.filter((identifier) => ownerOf(identifier) === cccd)]);
  const shared = others.filter((identifier) => ownerOf(identifier) === undefined);
  return [...owners, ...shared.map((identifier) => [identifier])];
}

function isCccd(identifier: string): boolean {
  return identifier.startsWith('cccd:');
}
