import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { Cuts } from '../../../../src/tail/generation/cuts.ts';

describe('cuts', () => {
  test('are remembered from the watermark on, the planned one included', () => {
    const cuts = new Cuts([10, 20]);
    cuts.plan(30);
    expect(cuts.from(15)).toEqual([20, 30]);
    expect(cuts.from(20)).toEqual([20, 30]);
    cuts.confirm();
    expect(cuts.from(21)).toEqual([30]);
    expect(cuts.planned).toBeUndefined();
  });

  test('that are planned are no cuts yet', () => {
    const cuts = new Cuts([]);
    cuts.plan(5);
    expect(cuts.has(5)).toBe(false);
    expect(cuts.after(0)).toBeUndefined();
    cuts.confirm();
    expect(cuts.has(5)).toBe(true);
    expect(cuts.after(0)).toBe(5);
    expect(cuts.after(5)).toBeUndefined();
  });

  test('that come before known ones, because a copy ends before what was read of its original, are put in order', () => {
    const cuts = new Cuts([547]);
    cuts.plan(515);
    expect(cuts.from(0)).toEqual([515, 547]);
    cuts.confirm();
    expect(cuts.after(462)).toBe(515);
    cuts.plan(515);
    cuts.confirm();
    expect(cuts.from(0)).toEqual([515, 547]);
  });

  test('are bounded: with as many above the watermark as are remembered, the next one waits', () => {
    const offsets = Array.from({ length: limits.cutsMax }, (_, index) => index + 1);
    const cuts = new Cuts(offsets);
    expect(cuts.isFull(1)).toBe(true);
    expect(cuts.isFull(2)).toBe(false);
  });
});
