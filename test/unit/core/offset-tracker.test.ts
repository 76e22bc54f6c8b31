import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssertionFault } from '../../../src/core/assert.ts';
import { OffsetTracker, type Resolution } from '../../../src/core/offset-tracker.ts';

test('the watermark never steps over an earlier gap', () => {
  const tracker = new OffsetTracker({ startOffset: 100, onResolve: () => undefined });
  const first = tracker.open(10);
  const second = tracker.open(20);
  second.resolve('delivered', 20, 2);
  expect(tracker.watermark).toBe(100);
  first.resolve('delivered', 4, 1);
  expect(tracker.watermark).toBe(100);
  first.resolve('filtered', 6, 1);
  expect(tracker.watermark).toBe(130);
  expect(tracker.pendingBytes).toBe(0);
});

test('no byte is resolved twice', () => {
  const tracker = new OffsetTracker({ startOffset: 0, onResolve: () => undefined });
  const span = tracker.open(10);
  span.resolve('delivered', 10, 1);
  expect(() => span.resolve('delivered', 1, 1)).toThrow(AssertionFault);
});

test('whatever the order of resolutions, the watermark is the end of the resolved prefix and every byte is counted once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }), fc.infiniteStream(fc.nat()), (lengths, choices) => {
      const resolutions: Resolution[] = [];
      const tracker = new OffsetTracker({ startOffset: 0, onResolve: (resolution) => resolutions.push(resolution) });
      const open = lengths.map((length) => ({ span: tracker.open(length), left: length }));
      const all = [...open];
      while (open.length > 0) {
        const index = (choices.next().value ?? 0) % open.length;
        const chosen = open[index];
        if (chosen === undefined) break;
        const bytes = 1 + ((choices.next().value ?? 0) % chosen.left);
        chosen.span.resolve('delivered', bytes, 1);
        chosen.left -= bytes;
        if (chosen.left === 0) open.splice(index, 1);
        const firstOpen = all.find((entry) => entry.left > 0);
        expect(tracker.watermark).toBe(firstOpen?.span.start ?? tracker.readOffset);
      }
      expect(resolutions.reduce((sum, resolution) => sum + resolution.bytes, 0)).toBe(tracker.readOffset);
    }),
  );
});
