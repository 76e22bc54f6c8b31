import { expect, test } from 'vitest';
import { HintPacer } from '../../../src/platform/hint-pacer.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function pacer(paceMs = 0) {
  const clock = new FakeClock();
  const delivered: string[] = [];
  return { clock, delivered, hints: new HintPacer(clock, { paceMs, deliver: (path) => delivered.push(`${clock.monotonicMs()} ${path}`) }) };
}

test('the first hint about each path goes on at once', () => {
  const { delivered, hints } = pacer();
  hints.hint('/a');
  hints.hint('/b');
  expect(delivered).toEqual(['0 /a', '0 /b']);
});

test('a hint that was held back tells since when', async () => {
  const clock = new FakeClock();
  const held: number[] = [];
  const hints = new HintPacer(clock, { paceMs: 0, deliver: (_path, heldMs) => held.push(heldMs) });
  hints.hint('/a');
  await clock.advance(3);
  hints.hint('/a');
  await clock.advance(4);
  hints.hint('/a');
  await clock.advance(10);
  expect(held).toEqual([0, 7]);
});

test('ten thousand hints about a path within the window become one at its end', async () => {
  const { clock, delivered, hints } = pacer();
  for (let count = 0; count < 10_000; count += 1) hints.hint('/a');
  await clock.advance(1000);
  expect(delivered).toEqual(['0 /a', '10 /a']);
  expect(clock.timerCount).toBe(0);
});

test('a steady stream of hints goes on at a steady pace, and its last hint is not lost', async () => {
  const { clock, delivered, hints } = pacer();
  for (let count = 0; count < 50; count += 1) {
    hints.hint('/a');
    await clock.advance(1);
  }
  await clock.advance(100);
  expect(delivered).toEqual(['0 /a', '10 /a', '20 /a', '30 /a', '40 /a', '50 /a']);
});

test('a window is as long as its owner says', async () => {
  const { clock, delivered, hints } = pacer(50);
  for (let count = 0; count < 20; count += 1) {
    hints.hint('/a');
    await clock.advance(5);
  }
  await clock.advance(100);
  expect(delivered).toEqual(['0 /a', '50 /a', '100 /a']);
});

test('many files written to at once are looked at less often each, ten times a second at the least', async () => {
  for (const [files, rounds] of [[1, 100], [41, 50], [361, 10], [10_000, 10]] as const) {
    const { clock, delivered, hints } = pacer();
    const paths = Array.from({ length: files }, (_, index) => `/${index}`);
    for (let ms = 0; ms < 1000; ms += 5) {
      for (const path of paths) hints.hint(path);
      await clock.advance(5);
    }
    hints.close();
    // The first hint begins the first window, before the others come: that one is short.
    expect(delivered.length / files, `${files} files`).toBeGreaterThanOrEqual(rounds);
    expect(delivered.length / files, `${files} files`).toBeLessThanOrEqual(rounds + 2);
  }
});

test('no hint is delivered after the pacer was closed', async () => {
  const { clock, delivered, hints } = pacer();
  hints.hint('/a');
  hints.hint('/a');
  hints.close();
  await clock.advance(100);
  expect(delivered).toEqual(['0 /a']);
});

test('after a quiet window a hint goes on at once again', async () => {
  const { clock, delivered, hints } = pacer();
  hints.hint('/a');
  await clock.advance(25);
  hints.hint('/a');
  expect(delivered).toEqual(['0 /a', '25 /a']);
});
