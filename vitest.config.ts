import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,node,hub,deploy,tests}/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    // Against hanging, not against slowness: a machine that does other things at the same time is no failure.
    testTimeout: 240_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
});
