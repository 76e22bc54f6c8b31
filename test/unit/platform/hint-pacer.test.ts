import { expect, test } from 'vitest';
import { HintPacer } from '../../../src/platform/hint-pacer.ts';
import { FakeClock } from '../telemetry/fake-clock.ts';

function pacer() {
  const clock = new FakeClock();
  const delivered: string[] = [];
  return { clock, delivered, hints: new HintPacer(clock, (path) => delivered.push(`${clock.monotonicMs()} ${path}`)) };
}

test('the first hint about each path goes on at once', () => {
  const { delivered, hints } = pacer();
  hints.hint('/a');
  hints.hint('/b');
  expect(delivered).toEqual(['0 /a', '0 /b']);
});

test('ten thousand hints within the window are one at its end', async () => {
  const { clock, delivered, hints } = pacer();
  for (let count = 0; count < 10_000; count += 1) hints.hint('/a');
  await clock.advance(1000);
  expect(delivered).toEqual(['0 /a', '20 /a']);
  expect(clock.timerCount).toBe(0);
});

test('a steady stream of hints goes on at a steady pace, and its last hint is not lost', async () => {
  const { clock, delivered, hints } = pacer();
  for (let count = 0; count < 50; count += 1) {
    hints.hint('/a');
    await clock.advance(1);
  }
  await clock.advance(100);
  expect(delivered).toEqual(['0 /a', '20 /a', '40 /a', '60 /a']);
});

test('nothing is delivered after it was closed', async () => {
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
