import { describe, expect, it } from 'vitest';
import { type CheckpointChange, type CheckpointRow, NO_ENDS } from '../../src/core/checkpoint-row.ts';
import { FaultPlan } from './fault-plan.ts';
import { SimClock } from './sim-clock.ts';
import { SimRandom } from './sim-random.ts';
import { COMMIT_LOSS_MS, SimStore } from './sim-store.ts';
import { Trace } from './trace.ts';

function storeWith(faults: readonly string[], seed: number) {
  const clock = new SimClock();
  const store = new SimStore({
    clock,
    random: new SimRandom(seed),
    faults: new FaultPlan({ random: new SimRandom(seed), healMs: 1, only: new Set(faults) }),
    trace: new Trace({ now: () => clock.nowMs, keep: 1 }),
    onCommit: () => {},
  });
  return { clock, store };
}

function positionAt(offset: number): CheckpointChange {
  const row: CheckpointRow = {
    flow: 'f',
    generation: 1,
    path: '/a',
    originalPath: '/a',
    device: '1',
    inode: '2',
    head: { lengthBytes: 0, digest: '' },
    tailMarker: '',
    cuts: [],
    waits: [],
    ends: NO_ENDS,
    offset,
    sizeBytes: offset,
    modifiedMs: 0,
    state: 'active',
    storage: 'plain',
    updatedWallMs: 0,
  };
  return { upserts: [row], removals: [], directoriesSeen: [], looks: [] };
}

/** The offsets that ten seeds keep of three commits, a second apart, when the machine goes down after the last. */
async function keptAfterCrash(faults: readonly string[]): Promise<ReadonlySet<number | undefined>> {
  const kept = new Set<number | undefined>();
  for (let seed = 0; seed < 10; seed += 1) {
    const { clock, store } = storeWith(faults, seed);
    const open = store.open();
    for (const offset of [10, 20, 30]) {
      await clock.runUntil(clock.nowMs + 1000);
      open.commit(positionAt(offset));
    }
    store.crash();
    kept.add(store.rows[0]?.offset);
  }
  return kept;
}

describe('the simulated store', () => {
  it('keeps every commit through a crash of the process', async () => {
    expect(await keptAfterCrash([])).toEqual(new Set([30]));
  });

  it('loses the last commits, never one in the middle, when the machine goes down', async () => {
    const kept = await keptAfterCrash(['lost-commits']);
    expect(kept.size).toBeGreaterThan(1);
    for (const offset of kept) expect([undefined, 10, 20, 30]).toContain(offset);
  });

  it('keeps what is older than the longest loss', async () => {
    const { clock, store } = storeWith(['lost-commits'], 3);
    store.open().commit(positionAt(10));
    await clock.runUntil(COMMIT_LOSS_MS + 1);
    store.crash();
    expect(store.rows[0]?.offset).toBe(10);
  });
});
