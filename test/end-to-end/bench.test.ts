/**
 * A small run of the bench on the sources: the bench works, and nothing has become several times dearer. Ratios and counts
 * only, with room for a busy machine: the limit of the same run suffers as the agent does. Figures: test/bench/README.md.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MEGABYTES = 60;
/** The bench pins the agent to one core and the sink to another. */
const cores = availableParallelism();
if (cores < 2) console.warn('SKIPPED: test/end-to-end/bench.test.ts: needs two cores');

test.skipIf(cores < 2)('raw lines cost no more than a few times their limit, in few requests and steady memory', async () => {
  const bench = fileURLToPath(new URL('../bench/bench.ts', import.meta.url));
  const parameters = [bench, '--mb', String(MEGABYTES), '--checkout', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, parameters);
  const [raw]: readonly Readonly<Record<string, number>>[] = JSON.parse(stdout);
  // Half of a short run is start-up: it reaches 0.5 where 400 MB with the binary reach 0.7.
  expect(raw?.['ratio']).toBeGreaterThan(0.15);
  expect(raw?.['putRecordsCalls']).toBeLessThan(MEGABYTES / 0.8);
  expect(raw?.['rssGrowth']).toBeLessThan(1.6);
  expect(raw?.['checkpointShare']).toBeLessThan(0.02);
});
