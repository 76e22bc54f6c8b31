/** The config is reloaded every few seconds, under writers and rotations, where the service answers. */
import { expect, it } from 'vitest';
import { failuresAmong } from './clean-seeds.ts';
import { World } from './world.ts';

it('loses nothing and repeats nothing over reloads: 200 seeds', { timeout: 120_000 }, async () => {
  expect(await failuresAmong(0, 200, { reloads: true, only: new Set() })).toEqual([]);
});

it('really reloads', async () => {
  const world = new World({ seed: 1, reloads: true, keepEvents: 10 });
  await world.run();
  expect(world.reloadCount).toBeGreaterThan(0);
});
