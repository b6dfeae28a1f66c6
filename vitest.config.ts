import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,node,hub,deploy,tests}/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
