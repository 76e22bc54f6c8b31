/** Which files next to a log are taken for its unseen generations, and what a successor in this process knows of them. */
import { expect, test } from 'vitest';
import { Discovery } from '../../../../src/tail/listing/discovery.ts';
import { Looks } from '../../../../src/tail/listing/looks.ts';
import { SeenDirectories } from '../../../../src/tail/listing/seen-directories.ts';
import type { UnseenFile } from '../../../../src/tail/search/log-search.ts';
import { Unseen, type UnseenMemory } from '../../../../src/tail/search/unseen.ts';
import { MemoryDirectory } from '../../../support/memory-directory.ts';
import { memoryGeneration } from '../../../support/memory-files.ts';

test.each([
  { title: 'does not list', pattern: '/app.log', taken: ['/app-20261121.log'] },
  { title: 'lists, and has not listed yet', pattern: '/app*.log', taken: [] },
])('a file with a rotated name that the flow $title: $taken', async ({ pattern, taken }) => {
  const files = new MemoryDirectory();
  const discovery = new Discovery(files, { patterns: [pattern], exclude: [], javaGlobs: false });
  const directories = new SeenDirectories([{ directory: '/' }]);
  const unseen = new Unseen({ files, looks: new Looks(0, 1000), rotated: undefined, directories, lists: (path) => discovery.lists(path) });
  unseen.left(await memoryGeneration('line\n'), 0);
  const listing = await discovery.list();
  // This file came while the look was under way.
  files.put('/app-20261121.log', { text: 'another\n', inode: '2', modifiedMs: 1000 });
  const judged: string[] = [];
  const take = async ({ path }: { path: string }): Promise<undefined> => void judged.push(path);
  await unseen.find({ listing, nowMs: 1000, isKnown: () => false, take });
  expect(judged).toEqual(taken);
});

/** A flow with this pattern, whose predecessor looked at 1000. The directory had last changed at 900 then. */
class Flow {
  readonly unseen: Unseen;
  readonly #directories = new SeenDirectories([{ directory: '/', changedMs: 900 }]);
  readonly #discovery: Discovery;

  constructor(files: MemoryDirectory, { pattern, memory }: { readonly pattern: string; readonly memory?: UnseenMemory }) {
    this.#discovery = new Discovery(files, { patterns: [pattern], exclude: [], javaGlobs: true });
    const lists = (path: string) => this.#discovery.lists(path);
    this.unseen = new Unseen({ files, looks: new Looks(1000, 1000), rotated: undefined, directories: this.#directories, lists, memory });
  }

  /** The files that a look at `nowMs` may take for unseen generations. Their contents are not judged. */
  async candidates(nowMs: number): Promise<readonly UnseenFile[]> {
    const candidates: UnseenFile[] = [];
    const listing = await this.#discovery.list();
    this.#directories.look(listing);
    const take = async (file: UnseenFile) => {
      candidates.push(file);
      return 'later' as const;
    };
    await this.unseen.find({ listing, nowMs, isKnown: () => false, take });
    return candidates;
  }
}

function directoryWith(birthMs: number): MemoryDirectory {
  const files = new MemoryDirectory();
  files.changedMs = birthMs;
  files.put('/app.log.1', { text: 'line\n', inode: '1', modifiedMs: birthMs, birthMs });
  return files;
}

test('a rotated file that came while its directory was listed for the first time is a candidate once the directory’s time tells', async () => {
  const files = directoryWith(1100);
  files.changedMs = 900;
  const flow = new Flow(files, { pattern: '/app.log' });
  expect(await flow.candidates(1200)).toEqual([]);
  files.changedMs = 1100;
  expect(await flow.candidates(1300)).toMatchObject([{ path: '/app.log.1' }]);
});

test('a file that could not be told yet is a candidate of the successor, and counts as there for as long', async () => {
  const files = directoryWith(1100);
  const predecessor = new Flow(files, { pattern: '/*.log' });
  const [candidate] = await predecessor.candidates(2000);
  expect(candidate).toMatchObject({ path: '/app.log.1', originalPath: '/app.log', sinceMs: 2000, absentMs: 1000 });
  const successor = new Flow(files, { pattern: '/*.log', memory: predecessor.unseen.memory });
  expect(await successor.candidates(3000)).toEqual([candidate]);
});

test('a successor does not look for the rotated files of a log that its flow does not list any more', async () => {
  const files = directoryWith(1100);
  const predecessor = new Flow(files, { pattern: '/*.log' });
  await predecessor.candidates(2000);
  const successor = new Flow(files, { pattern: '/other.log', memory: predecessor.unseen.memory });
  expect(await successor.candidates(3000)).toEqual([]);
});

test('a compressed file that may still turn out to be a log is judged by the successor', async () => {
  const files = new MemoryDirectory();
  files.changedMs = 1100;
  const compressed = { text: 'compressed', inode: '1', birthMs: 1100 };
  files.put('/app.log.1.gz', { ...compressed, modifiedMs: 1200 });
  const predecessor = new Flow(files, { pattern: '/*.log' });
  expect(await predecessor.candidates(2000)).toEqual([]);
  // A program that compresses a file gives it the old modification time last.
  files.put('/app.log.1.gz', { ...compressed, modifiedMs: 1050 });
  const successor = new Flow(files, { pattern: '/*.log', memory: predecessor.unseen.memory });
  expect(await successor.candidates(3000)).toMatchObject([{ path: '/app.log.1.gz', originalPath: '/app.log' }]);
});

test.each([
  { title: 'can be read', sinceMs: undefined, nowMs: 2000, changedMs: 1100 },
  { title: 'cannot be read', sinceMs: 2000, nowMs: 2000, changedMs: 900 },
  { title: 'cannot be read for more than a minute', sinceMs: 2000, nowMs: 62_000, changedMs: 1100 },
])('for the directory of a new log that $title, it is stored that files made after $changedMs are new', async ({ sinceMs, nowMs, changedMs }) => {
  const files = new MemoryDirectory();
  files.changedMs = 1100;
  files.put('/app.log', { text: 'line\n', inode: '1', modifiedMs: 1100, birthMs: 1100 });
  const discovery = new Discovery(files, { patterns: ['/*.log'], exclude: [], javaGlobs: true });
  const directories = new SeenDirectories([{ directory: '/', changedMs: 900 }]);
  const looks = new Looks(1000, 1000);
  if (sinceMs !== undefined) looks.failed('/app.log', sinceMs);
  const unseen = new Unseen({ files, looks, rotated: undefined, directories, lists: (path) => discovery.lists(path) });
  const listing = await discovery.list();
  directories.look(listing);
  await unseen.find({ listing, nowMs, isKnown: () => false, take: async () => undefined });
  expect(directories.all()).toEqual([{ directory: '/', changedMs }]);
});
