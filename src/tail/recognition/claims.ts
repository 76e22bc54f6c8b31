/**
 * To which of the generations that are remembered a file belongs: of several that had its inode, one.
 *
 * Invariant: one live generation an inode; the others are missing.
 */
import { type CheckpointRow, NO_END } from '../../core/checkpoint-row.ts';
import type { Generation } from '../generation/generation.ts';
import { isSameInode } from '../generation/lineage.ts';
import type { Remembered } from './remembered.ts';

/**
 * Rows in the order in which their generations may claim a file: who has it open, who was not missing, then who came last. Of which
 * nothing is known but where it was, and that it is there no more, comes after all others: its number may have been given away
 * since, and where the file is still its own, all of that is read whoever claims it.
 */
export function byClaim({ rows, inherited }: Remembered): readonly CheckpointRow[] {
  const isOpen = ({ generation }: CheckpointRow) => Number(inherited?.handles.has(generation) ?? false);
  const isKnown = ({ state, head }: CheckpointRow) => Number(state === 'active' || head.lengthBytes > 0);
  return rows.toSorted((a, b) => isOpen(b) - isOpen(a) || isKnown(b) - isKnown(a) || isSeen(b) - isSeen(a) || b.generation - a.generation);
}

/** Whether its file was where it could be looked at. */
function isSeen({ storage, waits }: CheckpointRow): number {
  return Number(storage !== 'plain' || waits.at(-1)?.end !== NO_END);
}

/**
 * True: a remembered generation is not in the file where it was, because that was cut in place, or is that of `owner`, who claimed it
 * before. Then the file was cut while the generation was not at its end, as far as anyone can tell: that is noted of it.
 */
export function dispossess(generation: Generation, owner: Generation | undefined, wallMs: number): boolean {
  if (owner === undefined) return generation.inode === generation.cutInPlace?.inode;
  // The file system may tell that the inode was reused. Of one that came later and is empty, nothing was cut.
  const mayBeCut = owner.number > generation.number || generation.head.lengthBytes > 0;
  if (mayBeCut && isSameInode(owner, generation)) generation.cutInPlace ??= { inode: generation.inode, noticedWallMs: wallMs };
  return true;
}
