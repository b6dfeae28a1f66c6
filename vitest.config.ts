import { defineConfig } from 'vitest/config';
import { FailuresReporter } from './tests/support/failures-reporter.ts';
import { UNIT_FILES } from './tests/support/kinds.ts';
import { KindsReporter } from './tests/support/kinds-reporter.ts';
import { KindsSequencer } from './tests/support/kinds-sequencer.ts';
import { makeRoom } from './tests/support/room.ts';

// Of this process and of its workers; global-setup.ts removes it.
process.env.TMPDIR = makeRoom();

/** More than two processors: tests that wait for each other's processes leave them idle. */
const WORKERS = 3;

/** A file for what `.ci/run` counts. */
const report = process.env.TRUYVET_TESTS_REPORT;

export default defineConfig({
  test: {
    globalSetup: ['tests/support/global-setup.ts'],
    reporters: [
      'default',
      new KindsReporter(),
      new FailuresReporter(report && `${report}.failures`),
      ...(report ? [['json', { outputFile: report }] as ['json', { outputFile: string }]] : []),
    ],
    sequence: { sequencer: KindsSequencer },
    maxWorkers: WORKERS,
    // No more than these: a worker is kept, and a module transformed, for one project alone.
    projects: [
      {
        name: 'programs',
        globalSetup: ['tests/support/asks-for-cluster.ts'],
        include: ['tests/**/*.test.ts'],
      },
      { name: 'unit', globalSetup: [], include: [...UNIT_FILES] },
    ].map(({ name, globalSetup, include }) => ({
      test: {
        ...{ name, globalSetup, include },
        setupFiles: ['tests/support/leak-check.ts'],
        exclude: [...(name === 'unit' ? [] : UNIT_FILES), 'node_modules/**', 'dist/**'],
        // Modules are loaded once a worker: a test that needs its own copy of one has a process for it.
        isolate: false,
        // In CI only: what fails once there and passes again is reported as flaky, and is to be mended.
        retry: process.env.CI ? 2 : 0,
        // Against hanging, not against slowness: a machine that does other things meanwhile is no failure.
        testTimeout: 240_000,
        hookTimeout: 300_000,
        maxWorkers: WORKERS,
      },
    })),
  },
});
