import { expect, test } from 'vitest';
import { TimeLimit } from '../../../../src/core/pattern/time-limit.ts';

test('work that a regular expression holds up is ended within it, and what came before is done', () => {
  const limit = new TimeLimit();
  const done: number[] = [];
  const pattern = /(?:x+x+)+y/;
  const finished = limit.run(() => {
    done.push(1);
    pattern.test('x'.repeat(40));
    done.push(2);
  }, 20);
  expect([finished, done]).toEqual([false, [1]]);
  expect(limit.run(() => void done.push(3), 20)).toBe(true);
});

test('an error of the work is thrown on', () => {
  expect(() =>
    new TimeLimit().run(() => {
      throw new RangeError('mine');
    }, 1000),
  ).toThrow(RangeError);
});

test('work without a limit is done, however long it takes', () => {
  const done: number[] = [];
  expect(new TimeLimit().run(() => void done.push(1), Infinity)).toBe(true);
  expect(done).toEqual([1]);
});
