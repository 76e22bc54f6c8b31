/**
 * What checkpoints cost at full load: one transaction a second, with the rows that changed. The CPU time of a commit is
 * measured alone, because it is a hundredth of the whole, and two runs of the bench differ by more than that.
 */
import { join } from 'node:path';
import { openSqliteStore } from '../../src/checkpoint/open-store.ts';
import type { CheckpointRow } from '../../src/core/checkpoint-row.ts';
import { PastEnds } from '../../src/tail/content/past-ends.ts';

const COMMITS = 500;
const WALL_MS = 1_790_000_000_000;

/** What a commit stores: `rows` rows, each of a file in which bytes of `waits` ages wait, and the flow's look. */
export interface CommitPlan {
  readonly rows: number;
  readonly waits: number;
}

/** Share of one core that such a commit takes, one a second. `directory`: where the store is made, another one for each plan. */
export function checkpointShare(directory: string, { rows, waits }: CommitPlan): number {
  const { store } = openSqliteStore({ path: join(directory, `checkpoints-${rows}-${waits}.db`), wallMs: () => 0 });
  const commit = (offset: number) => {
    const ends = endsOf(offset);
    const upserts = Array.from({ length: rows }, (_, index) => row(index, { offset, waits, ends }));
    store.commit({ upserts, removals: [], directoriesSeen: [], looks: [{ flow: 'bench', wallMs: WALL_MS + offset }] });
  };
  commit(0);
  const before = process.cpuUsage();
  for (let offset = 1; offset <= COMMITS; offset += 1) commit(offset);
  const { user, system } = process.cpuUsage(before);
  store.close();
  return (user + system) / 1e6 / COMMITS;
}

/** As many ends as a row has at most. */
function endsOf(offset: number): string {
  const ends = new PastEnds();
  for (let index = 0; index < 12; index += 1) ends.note(offset * 1_000_000 + index * 5000, Buffer.from('l'), WALL_MS + offset);
  return ends.text;
}

function row(generation: number, { offset, waits, ends }: { offset: number; waits: number; ends: string }): CheckpointRow {
  const path = `/var/log/app/service-${generation}/access.log`;
  return {
    flow: 'bench',
    generation,
    path,
    originalPath: path,
    device: '65024',
    inode: String(1_000_000 + generation),
    birthMs: WALL_MS,
    head: { lengthBytes: 1024, digest: 'd41d8cd98f00b204e9800998ecf8427e' },
    tailMarker: '6c'.repeat(64),
    offset: offset * 1_000_000,
    cuts: [],
    waits: Array.from({ length: waits }, (_, index) => ({ end: (offset + index) * 1_000_000, sinceWallMs: WALL_MS + index })),
    ends: { read: ends, seen: ends, cutInPlace: undefined },
    sizeBytes: 1_000_000_000,
    modifiedMs: WALL_MS,
    state: 'active',
    storage: 'plain',
    updatedWallMs: WALL_MS + offset,
  };
}
