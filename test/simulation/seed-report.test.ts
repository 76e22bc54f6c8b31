/** The command that repeats a seed is one that a shell can run. */
import { expect, it } from 'vitest';
import { commandFor } from './seed-report.ts';

it.each([
  [{}, ''],
  [{ only: ['crash', 'outage'], modes: ['copytruncate'], keys: ['file'], features: ['utf-16'] }, ' --only crash,outage --modes copytruncate --keys file --features utf-16'],
  [{ only: [], features: [], reloads: true }, " --only '' --features '' --reloads"],
  [{ plant: 'highest-ack-wins' }, ' --plant highest-ack-wins'],
] as const)('a seed that was run with %j is run again with the same options', (choice, options) => {
  expect(commandFor(7, choice)).toBe(`npm run simulate -- --seeds 1 --from 7${options}`);
});
