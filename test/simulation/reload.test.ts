/** The config is reloaded every few seconds while everything else goes wrong as well. */
import { expect, it } from 'vitest';
import { failuresAmong } from './clean-seeds.ts';
import { World } from './world.ts';

it('loses nothing and repeats nothing unexplained over reloads: 400 seeds', { timeout: 120_000 }, async () => {
  expect(await failuresAmong(0, 400, { reloads: true })).toEqual([]);
});

it('really reloads', async () => {
  const world = new World({ seed: 1, reloads: true, keepEvents: 10 });
  await world.run();
  expect(world.reloads.length).toBeGreaterThan(0);
});
