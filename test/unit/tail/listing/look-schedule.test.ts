import { describe, expect, test } from 'vitest';
import { LookSchedule } from '../../../../src/tail/listing/look-schedule.ts';

/** A schedule whose first look began at 0 and took `tookMs`. */
function afterLook(tookMs: number): LookSchedule {
  const schedule = new LookSchedule(60_000);
  schedule.begin(0);
  schedule.end(tookMs, true);
  return schedule;
}

describe('a hint', () => {
  test('long after the last look is followed at once, however long that took', () => {
    const schedule = afterLook(500);
    schedule.hint('/logs/app.log', 20_000);
    expect(schedule.dueMs).toBe(20_050);
  });

  test('right after a look that took long waits: looks take a tenth of the time at most', () => {
    const schedule = afterLook(500);
    schedule.hint('/logs/app.log', 600);
    expect(schedule.dueMs).toBe(5500);
  });

  test('during a look waits as one after it', () => {
    const schedule = new LookSchedule(60_000);
    schedule.begin(0);
    schedule.hint('/logs/app.log', 100);
    schedule.end(500, false);
    expect(schedule.dueMs).toBe(5500);
  });
});
