import { expect, test } from 'vitest';
import { oneLine } from '../../../src/core/one-line.ts';

test('control characters cannot break a line or move a cursor', () => {
  expect(oneLine('\u007f\u009b2J\u2028\u202e.gol')).toBe(String.raw`\u007f\u009b2J\u2028\u202e.gol`);
  expect(oneLine('a\nb\u001b[2Jc\u0000')).toBe(String.raw`a\nb\u001b[2Jc\u0000`);
});
