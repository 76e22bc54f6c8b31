/**
 * What checkpoints cost at full load: one transaction a second, with the rows that changed. Measured as CPU time of a
 * commit, because a hundredth of the whole is less than two runs of the bench differ by.
 */
import { join } from 'node:path';
import { openSqliteStore } from '../../src/checkpoint/sqlite-store.ts';
import type { CheckpointRow } from '../../src/core/checkpoint-row.ts';

const COMMITS = 500;

/** Share of one core that a commit a second of `rows` changed rows takes; `directory` is where the store is made. */
export function checkpointShare(directory: string, rows: number): number {
  const { store } = openSqliteStore({ path: join(directory, `checkpoints-${rows}.db`), wallMs: 0 });
  const commit = (offset: number) => {
    const upserts = Array.from({ length: rows }, (_, index) => row(index, offset));
    store.commit({ upserts, removals: [], directoriesSeen: [], looks: [] });
  };
  commit(0);
  const before = process.cpuUsage();
  for (let offset = 1; offset <= COMMITS; offset += 1) commit(offset);
  const { user, system } = process.cpuUsage(before);
  store.close();
  return (user + system) / 1e6 / COMMITS;
}

function row(generation: number, offset: number): CheckpointRow {
  const path = `/var/log/app/service-${generation}/access.log`;
  return {
    flow: 'bench',
    generation,
    path,
    originalPath: path,
    device: '65024',
    inode: String(1_000_000 + generation),
    birthMs: 1_790_000_000_000,
    head: { lengthBytes: 1024, digest: 'd41d8cd98f00b204e9800998ecf8427e' },
    tailMarker: '6c'.repeat(64),
    offset: offset * 1_000_000,
    cuts: [],
    waits: [],
    sizeBytes: 1_000_000_000,
    modifiedMs: 1_790_000_000_000,
    state: 'active',
    storage: 'plain',
    updatedWallMs: 1_790_000_000_000 + offset,
  };
}
