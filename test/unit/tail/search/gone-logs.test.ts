/** Which rotated files stand for a log that came and went unseen. */
import { expect, test } from 'vitest';
import { SeenDirectories } from '../../../../src/tail/listing/seen-directories.ts';
import { GoneLogs } from '../../../../src/tail/search/gone-logs.ts';
import { MemoryDirectory } from '../../../support/memory-directory.ts';

test.each([
  { title: 'came since the look before, in a listing that is newer than the time of the directory', bornMs: 6, found: ['/app.log'] },
  { title: 'came since the look before, and was made long ago', bornMs: 4, found: [] },
])('a rotated file that $title: $found', async ({ bornMs, found }) => {
  const directories = new SeenDirectories([{ directory: '/', changedMs: 5 }]);
  const files = new MemoryDirectory();
  files.put('/app.log.1', { text: 'line\n', inode: '1', modifiedMs: bornMs, birthMs: bornMs });
  const gone = new GoneLogs({ files, directories, lists: (path) => path === '/app.log', isKnown: () => false });
  gone.came(new Map([['/', ['app.log.1']]]));
  expect((await gone.find(0)).map(({ originalPath }) => originalPath)).toEqual(found);
});
