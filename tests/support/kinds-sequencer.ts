/**
 * Files of a kind run one after the other, since a worker that has loaded the programs is only kept for the
 * same kind; within a kind what took longest last time comes first.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { KINDS } from './kinds.ts';

export class KindsSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = new Map<string, number>(KINDS.map(({ name }, place) => [name, place]));
    const placeOf = (file: TestSpecification) => order.get(file.project.name) ?? order.size;
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
