import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NodeFileSystem } from '../../../../src/platform/node-file-system.ts';
import { Discovery, type FoundFile, type Listing, type LookScope } from '../../../../src/tail/listing/discovery.ts';
import { LookSchedule } from '../../../../src/tail/listing/look-schedule.ts';

const RECONCILE_MS = 5000;
/** New files are found within this time if their hint was lost. */
const FOUND_MS = 10_000;

/** The real file system, with its calls counted, and stamps as coarse as a test wants them. */
class CountedFiles extends NodeFileSystem {
  lists = 0;
  stats = 0;
  stampOf: (directory: string, stamp: string) => string = (_directory, stamp) => stamp;

  override list(directory: string) {
    this.lists += 1;
    return super.list(directory);
  }

  override stat(path: string) {
    this.stats += 1;
    return super.stat(path);
  }

  override async stamp(directory: string) {
    const { text, changedMs } = await super.stamp(directory);
    return { text: this.stampOf(directory, text), changedMs };
  }
}

/** A flow's looks on a clock of their own; every file counts as known and settled after it was looked at. */
class Looks {
  readonly files = new CountedFiles();
  readonly schedule = new LookSchedule(RECONCILE_MS);
  readonly discovery: Discovery;
  unsettled = new Set<string>();
  nowMs = 1_000_000;

  constructor(...patterns: string[]) {
    this.discovery = new Discovery(this.files, { patterns: patterns.map((pattern) => at(pattern)), exclude: [], javaGlobs: false });
  }

  /** Waits until the next look is due, and looks. */
  async next(): Promise<Listing> {
    this.nowMs = Math.max(this.nowMs, this.schedule.dueMs);
    const listing = await this.look(this.schedule.begin(this.nowMs));
    this.schedule.end(this.nowMs, !listing.changed);
    return listing;
  }

  look(scope: LookScope): Promise<Listing> {
    return this.discovery.look({
      scope,
      nowMs: this.nowMs,
      wallMs: Date.now() + 3_600_000,
      intervalMsMin: RECONCILE_MS,
      unsettled: this.unsettled,
      isSettled: () => true,
      reconsider: false,
    });
  }

  /** Looks four times: by then nothing has to be looked at a second time. Sets the counts of calls back to 0. */
  async settle(): Promise<void> {
    for (let count = 0; count < 4; count += 1) await this.next();
    this.files.lists = 0;
    this.files.stats = 0;
  }

  /** How long it takes until a look shows what `wanted` says. */
  async msUntil(wanted: (listing: Listing) => boolean): Promise<number> {
    const startMs = this.nowMs;
    while (!wanted(await this.next())) if (this.nowMs - startMs > 3_600_000) return Infinity;
    return this.nowMs - startMs;
  }
}

let root = '';
const at = (name: string) => join(root, name);
const namesOf = (files: Iterable<FoundFile>) => [...files].map((file) => file.path.slice(root.length + 1));
const has = (name: string) => (listing: Listing) => namesOf(listing.files).includes(name);
const isFresh = (name: string) => (listing: Listing) => namesOf(listing.fresh).includes(name);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kinship-discovery-'));
  for (const directory of ['a', 'b']) {
    mkdirSync(at(directory));
    for (const name of ['1.log', '2.log']) writeFileSync(at(`${directory}/${name}`), name);
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('with nothing going on', () => {
  test('directories are not listed again, and files are seldom looked at', async () => {
    const looks = new Looks('*/*.log');
    await looks.settle();
    for (let count = 0; count < 12; count += 1) expect((await looks.next()).changed).toBe(false);
    expect(looks.files.lists).toBe(0);
    // Four files, each at most once in the minute that has passed.
    expect(looks.files.stats).toBeLessThanOrEqual(4);
    expect(namesOf((await looks.next()).files)).toEqual(['a/1.log', 'a/2.log', 'b/1.log', 'b/2.log']);
  });

  test('a file that cannot wait is looked at every time', async () => {
    const looks = new Looks('*/*.log');
    await looks.settle();
    looks.unsettled = new Set([at('a/1.log')]);
    for (let count = 0; count < 3; count += 1) expect(isFresh('a/1.log')(await looks.next())).toBe(true);
  });
});

test('files and faults come in the order of paths, whichever answer of the disk comes first', async () => {
  symlinkSync('circle.log', at('a/circle.log'));
  symlinkSync('circle.log', at('b/circle.log'));
  const looks = new Looks('*/*.log');
  const paths = ['a/1.log', 'a/2.log', 'a/circle.log', 'b/1.log', 'b/2.log', 'b/circle.log'].map(at);
  const answers = new Map(paths.map((path) => [path, Promise.withResolvers<void>()]));
  const { stat } = looks.files;
  // Each answer comes after that for the next path.
  looks.files.stat = async (path) => {
    await answers.get(paths[paths.indexOf(path) + 1] ?? '')?.promise;
    return stat.call(looks.files, path).finally(() => answers.get(path)?.resolve());
  };
  const listing = await looks.next();
  expect(namesOf(listing.fresh)).toEqual(['a/1.log', 'a/2.log', 'b/1.log', 'b/2.log']);
  expect(listing.faults.map((fault) => fault.path)).toEqual([at('a/circle.log'), at('b/circle.log')]);
});

describe('without any hint', () => {
  test.each<[string, () => void, (listing: Listing) => boolean]>([
    ['a new file', () => writeFileSync(at('a/3.log'), ''), has('a/3.log')],
    ['a renamed file', () => renameSync(at('a/1.log'), at('b/3.log')), has('b/3.log')],
    ['a deleted file', () => unlinkSync(at('a/1.log')), (listing) => !has('a/1.log')(listing)],
    ['another file under an old name', () => renameSync(at('a/1.log'), at('b/1.log')), isFresh('b/1.log')],
    ['a file in a new directory', () => (mkdirSync(at('c')), writeFileSync(at('c/1.log'), '')), has('c/1.log')],
    ['a file in a directory that was made again', () => (rmSync(at('a'), { recursive: true }), mkdirSync(at('a')), writeFileSync(at('a/3.log'), '')), has('a/3.log')],
  ])('%s is found within ten seconds', async (_name, change, found) => {
    const looks = new Looks('*/*.log');
    await looks.settle();
    change();
    expect(await looks.msUntil(found)).toBeLessThanOrEqual(FOUND_MS);
  });

  test('a second change within one tick of a coarse clock is found within ten seconds, too', async () => {
    const looks = new Looks('*/*.log');
    // The file system keeps times to two seconds: all that happens in this test before then is within one tick.
    let tick = 0;
    looks.files.stampOf = () => `tick ${tick}`;
    await looks.settle();
    tick = 1;
    const secondChange = { due: true };
    const { list } = looks.files;
    looks.files.list = async (directory) => {
      const entries = await list.call(looks.files, directory);
      if (directory === at('a') && secondChange.due) writeFileSync(at('a/4.log'), '');
      if (directory === at('a')) secondChange.due = false;
      return entries;
    };
    writeFileSync(at('a/3.log'), '');
    expect(await looks.msUntil(has('a/3.log'))).toBeLessThanOrEqual(FOUND_MS);
    expect(secondChange.due).toBe(false);
    expect(await looks.msUntil(has('a/4.log'))).toBeLessThanOrEqual(FOUND_MS);
  });

  test('on a file system that keeps no times a new file is found in the end, and the next one soon', async () => {
    const looks = new Looks('*/*.log');
    looks.files.stampOf = () => 'never another';
    await looks.settle();
    writeFileSync(at('a/3.log'), '');
    expect(await looks.msUntil(has('a/3.log'))).toBeLessThanOrEqual(305_000);
    writeFileSync(at('a/4.log'), '');
    expect(await looks.msUntil(has('a/4.log'))).toBeLessThanOrEqual(FOUND_MS);
  });

  test('growth of a file that was idle for long is found within a minute and a look', async () => {
    const looks = new Looks('*/*.log');
    utimesSync(at('a/1.log'), 0, 0);
    await looks.settle();
    for (let count = 0; count < 100; count += 1) await looks.next();
    appendFileSync(at('a/1.log'), 'more');
    const grown = ({ files }: Listing) => files.some((file) => file.path === at('a/1.log') && file.stat.sizeBytes === 9);
    expect(await looks.msUntil(grown)).toBeLessThanOrEqual(60_000 + FOUND_MS);
    // The file is no longer idle: its next growth is found at the next look.
    appendFileSync(at('a/1.log'), 'more');
    const grownAgain = ({ files }: Listing) => files.some((file) => file.path === at('a/1.log') && file.stat.sizeBytes === 13);
    expect(await looks.msUntil(grownAgain)).toBeLessThanOrEqual(FOUND_MS);
  });
});

describe('a hint', () => {
  test('brings its directory forward, within a second, and leaves the others alone', async () => {
    const looks = new Looks('*/*.log');
    await looks.settle();
    writeFileSync(at('a/3.log'), '');
    looks.schedule.hint(at('a/3.log'), looks.nowMs);
    expect(await looks.msUntil(has('a/3.log'))).toBeLessThanOrEqual(1000);
    expect(looks.files.lists).toBe(1);
    expect(looks.files.stats).toBe(3);
  });

  test('about anything looks at everything', async () => {
    const looks = new Looks('*/*.log');
    await looks.settle();
    looks.schedule.hint(undefined, looks.nowMs);
    const { fresh } = await looks.next();
    expect(namesOf(fresh).toSorted()).toEqual(['a/1.log', 'a/2.log', 'b/1.log', 'b/2.log']);
    expect(looks.files.lists).toBe(3);
  });

  test('that comes all the time does not put off looking at everything that changed', async () => {
    const looks = new Looks('*/*.log');
    await looks.settle();
    writeFileSync(at('b/3.log'), '');
    const startMs = looks.nowMs;
    for (;;) {
      looks.schedule.hint(at('a/1.log'), looks.nowMs);
      if (has('b/3.log')(await looks.next())) break;
    }
    expect(looks.nowMs - startMs).toBeLessThanOrEqual(FOUND_MS);
  });
});

test('** at the end takes all files at any depth', async () => {
  mkdirSync(at('a/deep/er'), { recursive: true });
  writeFileSync(at('a/deep/er/3'), '');
  writeFileSync(at('top.log'), '');
  const { files } = await new Looks('**').discovery.list();
  expect(namesOf(files)).toEqual(['a/1.log', 'a/2.log', 'a/deep/er/3', 'b/1.log', 'b/2.log', 'top.log']);
});

test('where hints fail, every look is at everything', async () => {
  const looks = new Looks('*/*.log');
  looks.schedule.hintsFail();
  await looks.settle();
  await looks.next();
  expect(looks.files).toMatchObject({ lists: 3, stats: 4 });
});

test.each([
  { pattern: '/logs/*.log', path: '/logs/a.log', lists: true },
  { pattern: '/logs/*.log', path: '/logs/a.log.1', lists: false },
  { pattern: '/logs/*.log', path: '/logs/old/a.log', lists: false },
  { pattern: '/logs/*.log', path: '/logs', lists: false },
  { pattern: '/logs/**/*.log', path: '/logs/a.log', lists: true },
  { pattern: '/logs/**/*.log', path: '/logs/2026/11/a.log', lists: true },
  { pattern: '/logs/**/*.log', path: '/logs/2026/11', lists: false },
  { pattern: '/logs/**', path: '/logs/a.log', lists: true },
  { pattern: '/logs/**', path: '/logs/2026/11/a.log', lists: true },
  { pattern: '/logs/**', path: '/logs', lists: false },
  { pattern: '/logs/**', path: '/log/a.log', lists: false },
  { pattern: '/logs/**', path: '/logs/2026/.a.log', lists: false },
  { pattern: '/logs/a.log', path: '/logs/a.log', lists: true },
  { pattern: '/logs/*', path: '/logs/a.gz', lists: false },
])('$pattern lists a file at $path, where *.gz is excluded: $lists', ({ pattern, path, lists }) => {
  const discovery = new Discovery(new NodeFileSystem(), { patterns: [pattern], exclude: ['*.gz'], javaGlobs: false });
  expect(discovery.lists(path)).toBe(lists);
});

test.each([
  { exclude: '*.gz', path: '/logs/a/b.gz', lists: false },
  { exclude: '*.gz', path: '/logs/.b.gz', lists: false },
  { exclude: 'sp/*.log', path: '/logs/sp/a.log', lists: false },
  { exclude: 'sp/*.log', path: '/logs/sp/x/a.log', lists: true },
  { exclude: 'sp/*.log', path: '/logs/asp/a.log', lists: true },
  { exclude: 'logs/sp/x/y/*.log', path: '/sp/x/y/a.log', lists: true },
  { exclude: 'sp/**', path: '/logs/sp/x/y/a.log', lists: false },
  { exclude: 'sp/**', path: '/logs/sp', lists: true },
  { exclude: 'sp/**/*.log', path: '/logs/sp/x/y/a.log', lists: false },
  { exclude: '**/sp/*.log', path: '/logs/sp/a.log', lists: false },
  { exclude: '/sp/*.log', path: '/logs/sp/a.log', lists: true },
  { exclude: '/logs/sp/*.log', path: '/logs/sp/a.log', lists: false },
  { exclude: '/logs/**', path: '/logs/sp/a.log', lists: false },
  { exclude: '.', path: '/logs/a', lists: true },
  { exclude: '[^b]*', path: '/logs/a', lists: false },
  { exclude: '[!b]*', path: '/logs/b', lists: true },
])('with $exclude excluded a file at $path is listed: $lists', ({ exclude, path, lists }) => {
  const discovery = new Discovery(new NodeFileSystem(), { patterns: ['/**/*', '/**/.*'], exclude: [exclude], javaGlobs: false });
  expect(discovery.lists(path)).toBe(lists);
});
