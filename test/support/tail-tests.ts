/** What tests of a tail on real files begin with. */
import { onTestFinished } from 'vitest';
import { type HarnessOptions, TailHarness } from './tail-harness.ts';

/** A tail in a directory of its own; both are gone when the test is over. */
export function begin(options: HarnessOptions): TailHarness {
  const harness = new TailHarness(options);
  onTestFinished(() => harness.end());
  return harness;
}

/** A log line for each of `names`. */
export function lines(...names: readonly string[]): readonly string[] {
  return names.map((name) => `${name} ${'x'.repeat(40)}\n`);
}

/** The same as they stand in a file. */
export function text(...names: readonly string[]): string {
  return lines(...names).join('');
}
