/** A copy stays a copy when its original is gone: it is remembered like a file that was delivered up to its end. */
import { FileFault } from '../../core/errors.ts';
import type { FileStat } from '../../core/ports.ts';
import { isSameContent } from '../content/content-proof.ts';
import { type ContentFiles, type OpenContent, openContent, statOrNothing } from '../content/content.ts';
import { inodeKey } from '../content/file-identity.ts';
import type { FinishedGenerations } from '../generation/finished-generations.ts';
import type { Generation } from '../generation/generation.ts';
import { isSameInode } from '../generation/lineage.ts';
import type { Births } from './births.ts';
import type { Copies, DeliveredCopy } from './copies.ts';

type CopiesToRemember = Pick<Copies, 'delivered' | 'remembered'>;

interface Remembering {
  readonly files: ContentFiles;
  readonly births: Births;
  readonly finished: FinishedGenerations;
  readonly nowMs: number;
}

/**
 * Remembers every copy whose last byte its original has delivered. Rejects with the first `FileFault` once all copies were tried.
 * A copy that failed stays as it was, for the next call.
 */
export async function rememberDelivered(copies: CopiesToRemember, remembering: Remembering): Promise<void> {
  let failure: FileFault | undefined;
  for (const copy of copies.delivered(remembering.nowMs)) {
    try {
      await remember(copy, copies, remembering);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      failure ??= fault;
    }
  }
  if (failure !== undefined) throw failure;
}

async function remember(copy: DeliveredCopy, copies: CopiesToRemember, { files, births, finished, nowMs }: Remembering): Promise<void> {
  // No other name is known of a copy that the flow does not list.
  if (!copy.listed && (await statOrNothing(files.files, copy.path)) === undefined) return copies.remembered(copy.key);
  const content = await openContent(files, copy.path);
  try {
    // A file that changed since, or another one with its number, is no copy of what was delivered: the next look judges it anew.
    if (!isAsRecognised(content.stat, copy)) return copies.remembered(copy.key);
    const before = await superseded(content, finished);
    const generation = await births.make(content, { offset: copy.contentBytes, state: 'finished', nowMs });
    // All at once, and after the last read: if a read fails, the copy is still known by what was remembered before.
    for (const one of before) finished.remove(one);
    finished.add(generation);
    generation.dirty = true;
    copies.remembered(copy.key);
  } finally {
    await content.handle.close();
  }
}

function isAsRecognised(stat: FileStat, copy: DeliveredCopy): boolean {
  return inodeKey(stat) === copy.key && stat.sizeBytes === copy.sizeBytes && stat.modifiedMs === copy.modifiedMs;
}

/**
 * The generations that remember the copy as it was before it had its last bytes. Other generations that had its inode number stay: such a
 * file is gone, but its compressed form may be there, and only its generation tells that form from a new file.
 */
async function superseded(content: OpenContent, finished: FinishedGenerations): Promise<readonly Generation[]> {
  const before: Generation[] = [];
  for (const generation of finished.near(content)) {
    if (isSameInode(content.stat, generation) && (await isSameContent(content.handle, generation))) before.push(generation);
  }
  return before;
}
