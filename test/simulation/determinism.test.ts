import { describe, expect, it } from 'vitest';
import { runSeed } from './run-seed.ts';

describe('a run', () => {
  it.each([3, 17, 42, 99, 1234])('of seed %i is the same every time, event by event', async (seed) => {
    const [first, second] = [await runSeed({ seed, keepEvents: 5 }), await runSeed({ seed, keepEvents: 5 })];
    expect(second.digest).toBe(first.digest);
    expect(second.counts).toEqual(first.counts);
  });

  it('differs from seed to seed', async () => {
    const digests = new Set<string>();
    for (let seed = 0; seed < 10; seed += 1) digests.add((await runSeed({ seed, keepEvents: 5 })).digest);
    expect(digests.size).toBe(10);
  });
});
