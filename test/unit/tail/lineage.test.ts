/** Which files hold what a generation was, by nothing but their content. */
import { expect, test } from 'vitest';
import type { FileHandle, FileStat } from '../../../src/core/ports.ts';
import type { OpenContent } from '../../../src/tail/content.ts';
import { readMarker } from '../../../src/tail/content-proof.ts';
import { headOf } from '../../../src/tail/file-identity.ts';
import { Generation } from '../../../src/tail/generation.ts';
import { isShortCopy } from '../../../src/tail/lineage.ts';

function statOf(text: string, inode: string): FileStat {
  return { kind: 'file', device: '1', inode, sizeBytes: text.length, modifiedMs: 0, linkCount: 1, birthMs: undefined };
}

function fileOf(text: string): FileHandle {
  const bytes = Buffer.from(text);
  return {
    read: async (buffer, { bufferOffset, length, position }) => bytes.copy(buffer, bufferOffset, position, position + length),
    stat: async () => statOf(text, '2'),
    close: async () => undefined,
  };
}

function contentOf(path: string, text: string): OpenContent {
  return { path, handle: fileOf(text), stat: statOf(text, '2'), storage: 'plain' };
}

/** The generation at /app.log that was read to the end of `text`. */
async function generationOf(text: string): Promise<Generation> {
  return new Generation({
    flow: 'flow',
    number: 1,
    path: '/app.log',
    originalPath: '/app.log',
    stat: statOf(text, '1'),
    head: headOf(Buffer.from(text)),
    offset: text.length,
    marker: await readMarker(fileOf(text), text.length),
    state: 'active',
    storage: 'plain',
    nowMs: 0,
    unreadSinceMs: 0,
    rowWallMs: 0,
    onResolve: () => undefined,
  });
}

test('the copy of a file that was cut is known by where the file was seen to end, although no read ended there', async () => {
  const generation = await generationOf('first\n  goes on\n');
  generation.cutInode = generation.inode;
  expect(await isShortCopy(contentOf('/app.log.1', 'first\n'), generation)).toBe(false);
  // An open record waited: it was seen and not read.
  generation.seenEnds.note(6, Buffer.from('first\n'));
  expect(await isShortCopy(contentOf('/app.log.1', 'first\n'), generation)).toBe(true);
  expect(await isShortCopy(contentOf('/app.log.1', 'other\n'), generation)).toBe(false);
  expect(await isShortCopy(contentOf('/app.log.1', 'first\nnew\n'), generation)).toBe(false);
});
