import { expect, test } from 'vitest';
import { amountText, bytesText, countText, durationText, fitEnd } from '../../../src/cli/usage/quantity-text.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [10 * 1024, '10 KiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [32 * 1024 ** 2, '32 MiB'],
  [1.26 * 1024 ** 3, '1.3 GiB'],
  [5 * 1024 ** 4, '5.0 TiB'],
  [9 * 1024 ** 5, '9.0 PiB'],
])('%d bytes are written %s, in at most eight characters', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
  expect(text.length).toBeLessThanOrEqual(8);
});

test.each([
  [0, '0 s'],
  [0.4, '0 s'],
  [59.6, '1 min'],
  [125, '2 min 5 s'],
  [3600, '1 h'],
  [11_520, '3 h 12 min'],
  [90_000, '1 d 1 h'],
  [-5, '0 s'],
])('%d seconds are written %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test('counts have separated thousands, and nouns are singular or plural', () => {
  expect([0, 999, 1000, 1_234_567].map(countText)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([0, 1, 2].map((count) => amountText(count, 'record'))).toEqual(['0 records', '1 record', '2 records']);
});

test('a long path keeps its end', () => {
  expect(fitEnd('/var/log/a.log', 20)).toBe('/var/log/a.log      ');
  expect(fitEnd('/var/log/nginx/access.log', 12)).toBe('…/access.log');
});
