import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { OffsetTracker } from '../../../src/core/offset-tracker.ts';
import { RecordBatch } from '../../../src/core/record-batch.ts';
import { cutOversize } from '../../../src/producer/records/oversize.ts';
import type { OversizePolicy } from '../../../src/producer/records/oversize.ts';

function cut(data: Buffer, limitBytes: number, policy: OversizePolicy, options: { source?: number; terminator?: string } = {}) {
  let oversize = 0;
  const tracker = new OffsetTracker({
    startOffset: 0,
    onResolve: ({ outcome, bytes }) => {
      expect(outcome).toBe('oversize');
      oversize += bytes;
    },
  });
  const source = options.source ?? data.length;
  const span = tracker.open(source + 7);
  const batch = new RecordBatch();
  batch.reset(Buffer.concat([Buffer.from('before\n'), data]));
  batch.push(0, 7, 0, 7);
  batch.push(7, 7 + data.length, 7, source);
  const rule = { policy, terminator: Buffer.from(options.terminator ?? '\n') };
  const left = cutOversize({ batch, index: 1, span, limitBytes }, rule);
  const pieces = Array.from({ length: left.count }, (_, index) => Buffer.from(left.record(index)));
  return { pieces, oversize, sources: [...left.sourceBytes.subarray(0, left.count)] };
}

test.each<[string, string, number, OversizePolicy, string[], number]>([
  ['drop leaves nothing', 'abcdef\n', 4, 'drop', [], 7],
  ['truncate ends with the terminator', 'abcdef\n', 4, 'truncate', ['abc\n'], 4],
  ['truncate never cuts a character', 'ab€def\n', 5, 'truncate', ['ab\n'], 7],
  ['truncate keeps a character that just fits', 'ab€def\n', 6, 'truncate', ['ab€\n'], 4],
  ['split gives pieces in order', 'abcdefgh\n', 4, 'split', ['abcd', 'efgh', '\n'], 0],
  ['split never cuts a character', 'abc€f\n', 4, 'split', ['abc', '€f', '\n'], 0],
])('%s', (_title, text, limitBytes, policy, expected, dropped) => {
  const { pieces, oversize } = cut(Buffer.from(text), limitBytes, policy);
  expect(pieces.map((piece) => piece.toString())).toEqual(expected);
  expect(oversize).toBe(dropped);
});

test('a record with fewer source bytes than pieces is cut instead, and still stands for a byte', () => {
  const { pieces, oversize, sources } = cut(Buffer.from('abcdefghijkl'), 4, 'split', { source: 2 });
  expect(pieces.map((piece) => piece.toString())).toEqual(['abc\n']);
  expect([oversize, ...sources]).toEqual([1, 1]);
});

test('a limit smaller than the terminator is kept all the same', () => {
  expect(cut(Buffer.from('abcdef'), 2, 'truncate', { terminator: '...' }).pieces.map(String)).toEqual(['ab']);
});

test('whatever the bytes: pieces within the limit, every source byte accounted for, each piece with some', () => {
  const policies = fc.constantFrom<OversizePolicy>('truncate', 'split', 'drop');
  const text = fc.oneof(
    fc.uint8Array({ minLength: 20, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'grapheme', minLength: 20, maxLength: 100 }).map((given) => Buffer.from(given)),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 5, max: 19 }), policies, fc.integer({ min: 1, max: 400 }), (data, limitBytes, policy, source) => {
      const { pieces, oversize, sources } = cut(data, limitBytes, policy, { source });
      for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(limitBytes);
      for (const share of sources) expect(share).toBeGreaterThan(0);
      expect(oversize + sources.reduce((sum, share) => sum + share, 0)).toBe(source);
      if (policy === 'split' && source >= data.length) expect(Buffer.concat(pieces)).toEqual(data);
    }),
  );
});
