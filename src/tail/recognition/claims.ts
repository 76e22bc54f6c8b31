/**
 * To which remembered generation a file belongs: several of them may have had its inode, and one gets it.
 *
 * Invariant: one live generation an inode; the others are missing.
 */
import { type CheckpointRow, NO_END } from '../../core/checkpoint-row.ts';
import type { Generation } from '../generation/generation.ts';
import { isSameInode } from '../generation/lineage.ts';
import type { Remembered } from './remembered.ts';

/**
 * Rows in the order in which their generations may claim a file: first those that have it open, then those that were not missing, then
 * the latest. A rotated generation of which nothing was read comes after all others that do not have the file open: its inode number may
 * have been given away since. If the file is still its own, all of it is read, whoever claims it.
 */
export function byClaim({ rows, inherited }: Remembered): readonly CheckpointRow[] {
  const isOpen = ({ generation }: CheckpointRow) => Number(inherited?.handles.has(generation) ?? false);
  const isKnown = ({ state, head }: CheckpointRow) => Number(state === 'active' || head.lengthBytes > 0);
  return rows.toSorted((a, b) => isOpen(b) - isOpen(a) || isKnown(b) - isKnown(a) || isSeen(b) - isSeen(a) || b.generation - a.generation);
}

/** 1 if the generation's file could be looked at when the row was made, else 0. */
function isSeen({ storage, waits }: CheckpointRow): number {
  return Number(storage !== 'plain' || waits.at(-1)?.end !== NO_END);
}

/**
 * True: the remembered generation does not get the file where it was, because that file was cut in place, or because `owner` claimed it
 * before. In the second case the file was cut while the generation was not at its end, as far as anyone can tell: this is noted in the
 * generation.
 */
export function dispossess(generation: Generation, owner: Generation | undefined, wallMs: number): boolean {
  if (owner === undefined) return generation.inode === generation.cutInPlace?.inode;
  // Other birth times tell that the inode was reused. An empty generation that came after `owner` had nothing to cut.
  const mayBeCut = owner.number > generation.number || generation.head.lengthBytes > 0;
  if (mayBeCut && isSameInode(owner, generation)) generation.cutInPlace ??= { inode: generation.inode, noticedWallMs: wallMs };
  return true;
}
