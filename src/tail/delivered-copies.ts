/** Copies stay copies when their originals are gone: each is remembered like a file that was delivered up to its end. */
import type { Births } from './births.ts';
import { type ContentFiles, type OpenContent, openContent, statOrNothing } from './content.ts';
import { isSameContent } from './content-proof.ts';
import type { Copies, DeliveredCopy } from './copies.ts';
import { inodeKey } from './file-identity.ts';
import type { FinishedGenerations } from './finished-generations.ts';
import { isSameInode } from './lineage.ts';

type CopiesToRemember = Pick<Copies, 'delivered' | 'remembered'>;

interface Remembering {
  readonly files: ContentFiles;
  readonly births: Births;
  readonly finished: FinishedGenerations;
  readonly nowMs: number;
}

/** Remembers every copy whose last byte its original has delivered. Rejects with a `FileFault`; the rest is left for the next time. */
export async function rememberDelivered(copies: CopiesToRemember, remembering: Remembering): Promise<void> {
  for (const copy of copies.delivered(remembering.nowMs)) await remember(copy, copies, remembering);
}

async function remember(copy: DeliveredCopy, copies: CopiesToRemember, { files, births, finished, nowMs }: Remembering): Promise<void> {
  // Of what the flow does not list, no other name is known.
  if (!copy.listed && (await statOrNothing(files.files, copy.path)) === undefined) return copies.remembered(copy.key);
  const content = await openContent(files, copy.path);
  try {
    copies.remembered(copy.key);
    // A file that changed since is no copy of what was delivered: the next look judges it anew.
    if (inodeKey(content.stat) !== copy.key || content.stat.sizeBytes !== copy.sizeBytes) return;
    await supersede(content, finished);
    const generation = await births.make(content, { offset: copy.contentBytes, state: 'finished', nowMs });
    finished.add(generation);
    generation.dirty = true;
  } finally {
    await content.handle.close();
  }
}

/**
 * Lets go of what was remembered of the copy before it had its last bytes. Not of what else had the number of its inode: of a file
 * that is gone, its compressed form may be there, which only what is remembered tells from a new file.
 */
async function supersede(content: OpenContent, finished: FinishedGenerations): Promise<void> {
  for (const generation of finished.near(content)) {
    if (isSameInode(content.stat, generation) && (await isSameContent(content.handle, generation))) finished.remove(generation);
  }
}
