/** Global setup of every kind but unit, before the run's: says that there must be databases and programs. */
import type { TestProject } from 'vitest/node';

export function setup({ vitest }: TestProject): void {
  vitest.provide('needsCluster', true);
}
