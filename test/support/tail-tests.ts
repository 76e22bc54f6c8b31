/** The beginnings of tests of a tail on real files. */
import { mkdtempSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type HarnessOptions, TailHarness } from './tail-harness.ts';

/** A tail in a directory of its own; both are gone when the test is over. */
export function begin(options: HarnessOptions): TailHarness {
  const harness = new TailHarness(options);
  onTestFinished(() => harness.end());
  return harness;
}

/** A tail that has read a line for each of `names` from `log`. */
export async function following(options: HarnessOptions, ...names: readonly string[]): Promise<{ readonly tail: TailHarness; readonly log: string }> {
  const tail = begin(options);
  const log = tail.path('app.log');
  writeFileSync(log, text(...names));
  tail.start();
  await tail.untilRecords(lines(...names));
  return { tail, log };
}

/** A log line for each of `names`. */
export function lines(...names: readonly string[]): readonly string[] {
  return names.map((name) => `${name} ${'x'.repeat(40)}\n`);
}

/** The same lines as the text of a file. */
export function text(...names: readonly string[]): string {
  return lines(...names).join('');
}

/**
 * Returns when a file that is made from now on is younger than every file that is there, and than the last change of any directory. The
 * clock of a file system goes in ticks of some milliseconds.
 */
export function nextTick(): void {
  const directory = mkdtempSync(join(tmpdir(), 'kinship-tick-'));
  const path = join(directory, 'file');
  const birthMs = () => {
    writeFileSync(path, '');
    return statSync(path).birthtimeMs;
  };
  const beganMs = birthMs();
  do unlinkSync(path);
  while (birthMs() === beganMs);
  rmSync(directory, { recursive: true });
}
