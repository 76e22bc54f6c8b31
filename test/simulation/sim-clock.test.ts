import { describe, expect, it } from 'vitest';
import { Life, ProcessClock, SimClock } from './sim-clock.ts';

describe('the simulated clock', () => {
  it('runs events in order of time, and of scheduling where times are equal', async () => {
    const clock = new SimClock();
    const seen: string[] = [];
    for (const [delayMs, name] of [
      [5, 'c'],
      [1, 'a'],
      [5, 'd'],
      [3, 'b'],
    ] as const) {
      clock.schedule(delayMs, () => seen.push(`${name}@${clock.nowMs}`));
    }
    await clock.runUntil(10);
    expect(seen).toEqual(['a@1', 'b@3', 'c@5', 'd@5']);
    expect(clock.nowMs).toBe(10);
  });

  it('lets every promise reaction run before the next event', async () => {
    const clock = new SimClock();
    const process = new ProcessClock(clock, new Life());
    const seen: string[] = [];
    const run = async () => {
      await process.sleep(1);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      seen.push('reactions');
    };
    const running = run();
    clock.schedule(1.5, () => seen.push('next event'));
    await clock.runUntil(2);
    await running;
    expect(seen).toEqual(['reactions', 'next event']);
  });

  it('never calls back into a dead process', async () => {
    const clock = new SimClock();
    const life = new Life();
    const process = new ProcessClock(clock, life);
    const seen: string[] = [];
    process.setTimer(5, () => seen.push('timer'));
    const abort = new AbortController();
    void process.sleep(5).then(() => seen.push('sleep'));
    void process.sleep(50, abort.signal).then(() => seen.push('aborted sleep'));
    clock.schedule(3, () => {
      life.end();
      abort.abort();
    });
    await clock.runUntil(100);
    expect(seen).toEqual([]);
  });

  it('ends a sleep when its signal aborts', async () => {
    const clock = new SimClock();
    const process = new ProcessClock(clock, new Life());
    const abort = new AbortController();
    const seen: number[] = [];
    void process.sleep(50, abort.signal).then(() => seen.push(clock.nowMs));
    clock.schedule(3, () => {
      clock.wake();
      abort.abort();
    });
    await clock.runUntil(100);
    expect(seen).toEqual([3]);
  });
});
