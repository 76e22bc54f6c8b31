import { expect, test } from 'vitest';
import { OutcomeCounts } from '../../../src/core/outcome-counts.ts';

test('counts that were handed out stay as they were; when they change, new ones are handed out', () => {
  const counts = new OutcomeCounts();
  counts.add({ outcome: 'delivered', bytes: 10, records: 1 });
  const [all, occurred] = [counts.all(), counts.occurred()];
  expect(occurred).toEqual({ delivered: { bytes: 10, records: 1 } });
  expect([counts.all(), counts.occurred()]).toEqual([all, occurred]);
  counts.add({ outcome: 'delivered', bytes: 5, records: 1 });
  counts.add({ outcome: 'filtered', bytes: 3, records: 1 });
  for (const { delivered } of [all, occurred]) expect(delivered).toEqual({ bytes: 10, records: 1 });
  expect(counts.occurred()).toEqual({ delivered: { bytes: 15, records: 2 }, filtered: { bytes: 3, records: 1 } });
  expect(counts.all()).toMatchObject({ delivered: { bytes: 15, records: 2 }, lost: { bytes: 0, records: 0 } });
  expect(counts.totalBytes).toBe(18);
});
