/**
 * Files of a kind run one after the other, in the order of the kinds; within a kind what took longest last
 * time comes first.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { KINDS, kindOf } from './kinds.ts';

export class KindsSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = KINDS.map(({ name }) => name);
    const placeOf = (file: TestSpecification) => order.indexOf(kindOf(file.moduleId));
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
