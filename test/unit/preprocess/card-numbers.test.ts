import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { redactCards } from '../../../src/preprocess/steps/card-numbers.ts';

// Numbers for tests of the card companies: Visa, American Express, Diners Club, Visa of 13 and of 19 digits, Mastercard.
test.each<[line: string, expected: string]>([
  ['paid 4111 1111 1111 1111 12/27', 'paid # 12/27'],
  ['paid 4111-1111-1111-1111 12/27', 'paid # 12/27'],
  ['card 4111111111111111 100', 'card # 100'],
  ['5 4111111111111111', '5 #'],
  ['2026-01-01 4111111111111111', '2026-01-01 #'],
  ['2026-01-01 4111 1111 1111 1111', '2026-01-01 #'],
  ['4111111111111111-5555555555554444', '#-#'],
  ['4111 1111 1111 1111 5555 5555 5555 4444 7', '# # 7'],
  ['12 3782 822463 10005 3', '12 # 3'],
  ['12 3056 930902 5904 9', '12 # 9'],
  ['12 4222222222222 9', '12 # 9'],
  ['12 4222 2222 2222 2 0', '12 # 0'],
  ['12 6304 0000 0000 0000 000 9', '12 # 9'],
  ['x4111111111111111y', 'x#y'],
  // Alone, in whatever groups it stands.
  ['41 11 11 11 11 11 11 11', '#'],
])('finds the card numbers in %j', (line, expected) => {
  expect(redactCards(line, '#')).toBe(expected);
});

test.each([
  '4111111111111112',
  '5 4111111111111112 100',
  '4111 1111 1111 1112',
  '4111  1111  1111  1111',
  '4111.1111.1111.1111',
  '0000000000000000',
  // A part of a longer number, and columns of numbers that a card number could be cut out of.
  '14111111111111111111',
  '99 94111111111111111111 9',
  '10 41 11 11 11 11 11 11 11 20 30',
  '2026-01-01 10 20 30 40',
  'a 1 b',
  '',
])('leaves %j alone', (line) => {
  expect(redactCards(line, '#')).toBe(line);
});

test('where two possible card numbers overlap, no digit of either stays', () => {
  // 4111 1111 1111 1111 and 1111 1111 1111 1117 both have a right check digit.
  expect(redactCards('7 4111 1111 1111 1111 1117 7', '#')).toBe('7 # 7');
});

test('the time grows with the length of the line only, whatever its digits', () => {
  const piece = ['4111 1111 ', '1 ', '4', '411111111111111 ', '4111-'];
  for (const text of piece) {
    const time = (length: number) => {
      const line = text.repeat(length / text.length);
      const startMs = performance.now();
      redactCards(line, '#');
      return performance.now() - startMs;
    };
    time(100_000);
    // Measured: 10 to 150 ms. What grows with the square takes minutes.
    expect(time(1_000_000)).toBeLessThan(5000);
  }
});
