/**
 * `fork('scale-writer.ts', [directory, files, linesPerSecond])`: appends to many files, each at the same rate, one write a
 * line, until its channel is closed. One line in fifty carries the time it was written at.
 */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { markNow } from './mark-sampler.ts';

const [directory = '', fileCount = '1000', linesPerSecond = '100'] = process.argv.slice(2);
const MARK_EVERY = 50;
const DIRECTORIES = 20;
const tickMs = 1000 / Number(linesPerSecond);
const padding = 'x'.repeat(100);

const files = Array.from({ length: Number(fileCount) }, (_, index) => {
  const own = join(directory, `d${index % DIRECTORIES}`);
  mkdirSync(own, { recursive: true });
  return openSync(join(own, `${index}.log`), 'a');
});
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));

const startMs = performance.now();
let written = 0;
for (let tick = 0; process.connected; tick += 1) {
  await sleep(Math.max(0, startMs + tick * tickMs - performance.now()));
  for (const file of files) {
    written += 1;
    const mark = written % MARK_EVERY === 0 ? markNow() : '';
    writeSync(file, `GET /shop/item?id=${written} HTTP/1.1 200 ${padding} ${mark}\n`);
  }
}
