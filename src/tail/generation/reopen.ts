/** Opens the file of a generation again, where it was last. */
import type { Storage } from '../../core/checkpoint-row.ts';
import { type ContentProof, isSameContent } from '../content/content-proof.ts';
import { type ContentFiles, type OpenContent, openContent } from '../content/content.ts';
import { inodeKey } from '../content/file-identity.ts';
import { holdsEnds, type PastEnds } from '../content/past-ends.ts';

/** What a generation knows of its file. */
export interface ClosedFile extends ContentProof {
  readonly path: string;
  readonly inodeKey: string;
  readonly storage: Storage;
  readonly readEnds: PastEnds;
  readonly seenEnds: PastEnds;
  /** Size of the content. */
  sizeBytes: number;
  adopt(content: OpenContent): void;
}

/**
 * Opens the file at its path and keeps the handle if it is the known file: same inode (the name may have passed to another file), same
 * head, same bytes before the position and before its known ends. Rejects with a `FileFault`.
 */
export async function reopen(known: ClosedFile, files: ContentFiles): Promise<'open' | 'other-file'> {
  const content = await openContent(files, known.path);
  let kept = false;
  try {
    const isOwn = inodeKey(content.stat) === known.inodeKey && content.storage === known.storage;
    if (!isOwn || !(await isSameContent(content.handle, known)) || !(await holdsEnds(content, known))) return 'other-file';
    kept = true;
    const knownBytes = known.sizeBytes;
    known.adopt(content);
    // Growth since the file was closed must show when it is looked at: then the file was not quiet all that time.
    if (known.storage === 'plain') known.sizeBytes = Math.min(knownBytes, known.sizeBytes);
    return 'open';
  } finally {
    if (!kept) await content.handle.close();
  }
}
