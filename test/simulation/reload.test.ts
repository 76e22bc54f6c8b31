/** The config is reloaded every few seconds while everything else goes wrong as well. */
import { expect, it } from 'vitest';
import { failuresAmong } from './clean-seeds.ts';
import { World } from './world.ts';

it('loses nothing and repeats nothing unexplained over reloads: 400 seeds', { timeout: 240_000 }, async () => {
  expect(await failuresAmong(0, 400, { reloads: true })).toEqual([]);
});

it('really reloads', async () => {
  const world = new World({ seed: 1, reloads: true, keepEvents: 10 });
  await world.run();
  expect(world.reloads.length).toBeGreaterThan(0);
});

it('finds what was rotated away before it could be opened, also after reloads: seed 5000685', { timeout: 60_000 }, async () => {
  expect(await failuresAmong(5_000_685, 1, { reloads: true })).toEqual([]);
});

it('sends what a copy has of a record whose answer was lost, where the rest was cut: seed 5000022', { timeout: 60_000 }, async () => {
  expect(await failuresAmong(5_000_022, 1, { reloads: true, modes: ['copytruncate', 'copy', 'truncate'] })).toEqual([]);
});

it('lets a changed flow go on while another one still drains: seed 3300163', { timeout: 60_000 }, async () => {
  expect(await failuresAmong(3_300_163, 1, { reloads: true })).toEqual([]);
});
