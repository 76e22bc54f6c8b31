import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real files and processes on a loaded machine: tried again, and reported as such. The simulation is exact and never needs it.
    retry: process.env['CI'] === undefined ? 0 : 2,
  },
});
