import { assert, integer, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { inputView } from '../../../src/preprocess/json/json-text.ts';
import { closingQuote, findFar } from '../../../src/preprocess/fields/scan.ts';

test('four bytes at a time find the same byte as one after the other, whatever stands around it', () => {
  const near = uint8Array({ max: 0x24, min: 0x21, maxLength: 40 });
  const any = uint8Array({ maxLength: 40 });
  for (const bytes of [near, any]) {
    assert(
      property(bytes, integer({ min: 0, max: 40 }), integer({ min: 0, max: 40 }), (input, from, to) => {
        const end = Math.min(to, input.length);
        const start = Math.min(from, end);
        const expected = input.subarray(0, end).indexOf(0x22, start);
        expect(findFar(inputView(input, undefined), start, end, 0x22)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  }
});

test.each([
  ['a"b', 1],
  ['"', 0],
  ['a\\"b"', 4],
  ['a\\\\"b"', 3],
  ['\\', -1],
  ['a long text without one', -1],
])('the quote that ends %j is at %i', (text, at) => {
  const input = Buffer.from(text);
  expect(closingQuote(inputView(input, undefined), 0, input.length)).toBe(at);
});
