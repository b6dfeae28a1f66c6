/**
 * What a rotation of the key service's key means for provinces: which generations are served, under which a
 * trace may be opened, and whom the switch waits for. Pure.
 */

/** A rotation; instants in epoch seconds. */
export interface KeyRotation {
  readonly generation: number;
  readonly former: number;
  /** Provinces that the switch does not wait for. */
  readonly leftBehind: readonly string[];
  /** Since when new openings use it; null: provinces make its tokens. */
  readonly usedFrom: number | null;
  /** Since when the former one is not served; null: it is. */
  readonly retiredAt: number | null;
}

/** The newest rotation, and the generation that is in use while there has been none. */
export interface Generations {
  readonly first: number;
  readonly rotation: KeyRotation | undefined;
}

/** How long after the switch a trace may come that was signed before: as long as one may wait for the hub. */
const PATIENCE_SECONDS = 86_400;

/** The generations served, the one that new openings use last. */
export function servedOf({ first, rotation }: Generations): number[] {
  if (rotation === undefined) return [first];
  const { generation, former, usedFrom, retiredAt } = rotation;
  if (usedFrom === null) return [generation, former];
  return retiredAt === null ? [former, generation] : [generation];
}

/** The generation that is used for who names none: the same for as long as it is served. */
export function oldestOf({ first, rotation }: Generations): number {
  if (rotation === undefined) return first;
  return rotation.retiredAt === null ? rotation.former : rotation.generation;
}

/** Whether a trace may begin under a generation; one that is open goes on in any case. */
export function mayBegin(generations: Generations, generation: number, now: number): boolean {
  if (servedOf(generations).at(-1) === generation) return true;
  return generations.rotation?.former === generation && isPatient(generations.rotation, now);
}

/** Whether a trace may still come under the former generation. */
export function isPatient({ usedFrom, retiredAt }: KeyRotation, now: number): boolean {
  return retiredAt === null && usedFrom !== null && now < usedFrom + PATIENCE_SECONDS;
}

/** A province, and the generations in which it answers, as it has said last; undefined: nothing. */
export interface AnsweringProvince {
  readonly province: string;
  readonly generations: readonly number[] | undefined;
}

/** The provinces that the switch waits for. */
export function waitsFor(
  { generation, leftBehind }: KeyRotation,
  provinces: readonly AnsweringProvince[],
): string[] {
  return provinces
    .filter(({ province }) => !leftBehind.includes(province))
    .filter(({ generations }) => !generations?.includes(generation))
    .map(({ province }) => province);
}
