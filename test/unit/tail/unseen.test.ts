/** Which files next to a log are taken for generations of it that nobody saw. */
import { expect, test } from 'vitest';
import { Discovery } from '../../../src/tail/discovery.ts';
import { Looks } from '../../../src/tail/looks.ts';
import { SeenDirectories } from '../../../src/tail/seen-directories.ts';
import { Unseen } from '../../../src/tail/unseen.ts';
import { MemoryDirectory } from '../../support/memory-directory.ts';
import { memoryGeneration } from '../../support/memory-files.ts';

test.each([
  { title: 'does not list', pattern: '/app.log', taken: ['/app-20261121.log'] },
  { title: 'lists, and has not listed yet', pattern: '/app*.log', taken: [] },
])('a file with a rotated name that the flow $title: $taken', async ({ pattern, taken }) => {
  const files = new MemoryDirectory();
  const discovery = new Discovery(files, { patterns: [pattern], exclude: [], dotFiles: false });
  const directories = new SeenDirectories([{ directory: '/' }]);
  const unseen = new Unseen({ files, looks: new Looks(0, 1000), rotated: undefined, directories, lists: (path) => discovery.lists(path) });
  unseen.left(await memoryGeneration('line\n'), 0);
  const listing = await discovery.list();
  // Came while the look was under way.
  files.put('/app-20261121.log', { text: 'another\n', inode: '2', modifiedMs: 1000 });
  const judged: string[] = [];
  const take = async ({ path }: { path: string }): Promise<undefined> => void judged.push(path);
  await unseen.find({ listing, nowMs: 1000, isKnown: () => false, take });
  expect(judged).toEqual(taken);
});
