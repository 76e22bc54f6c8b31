import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    // Tests of real files and services wait a good part of their time: three for two cores. The default leaves one idle.
    maxWorkers: '150%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      // Parts with fakes of their ports leave nothing behind: their files share processes, which takes a third off their time.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'whole', include: ['test/**/*.test.ts'], exclude: ['test/unit/**'] } },
    ],
  },
});
