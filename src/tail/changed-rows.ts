/** What of the generations has to be stored. */
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import type { Now } from '../core/ports.ts';
import type { Generation } from './generation.ts';

/** The rows of those that changed since they were asked for last: from now on they count as stored. */
export function changedRows(known: Iterable<Generation>, now: Now): readonly CheckpointRow[] {
  const rows: CheckpointRow[] = [];
  for (const generation of known) {
    if (!generation.dirty || !generation.storable) continue;
    generation.dirty = false;
    rows.push(generation.row(now));
  }
  return rows;
}
