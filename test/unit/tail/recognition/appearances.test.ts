/** In which order the new files of one look are judged and read. */
import { expect, test } from 'vitest';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { judgeAppeared } from '../../../../src/tail/recognition/appearances.ts';
import { UnreadLogs } from '../../../../src/tail/recognition/unread-logs.ts';
import { memoryContent, memoryGeneration } from '../../../support/memory-files.ts';

interface Look {
  /** Oldest first. */
  readonly paths: readonly string[];
  readonly failing?: Readonly<Record<string, number>>;
  /** Files that the flow knows: they are not taken for new ones. */
  readonly known?: readonly string[];
}

/** A look at 20 s: in which order files are taken for new ones, and read, and which wait for the next look. */
async function judged({ paths, failing = {}, known = [] }: Look) {
  const judgedPaths: string[] = [];
  const waiting: string[] = [];
  const read = new Map<Generation, string>();
  const found = await judgeAppeared(
    paths.map((path) => memoryContent(path, 'line\n')),
    {
      judge: async ({ path }, postponed) => {
        const reason = known.includes(path) ? undefined : postponed(path);
        if (reason === 'log-first') return reason;
        if (reason === 'unsure') waiting.push(path);
        else judgedPaths.push(path);
        if (reason === 'unsure') return undefined;
        const generation = await memoryGeneration('line\n');
        read.set(generation, path);
        return generation;
      },
      guard: async (path, action) => (path in failing ? undefined : action()),
      unreadLogs: () => new UnreadLogs({ looks: { failing: () => Object.entries(failing) }, isRead: () => false, nowMs: 20_000 }),
      signal: new AbortController().signal,
    },
  );
  return { judged: judgedPaths, read: found.map((generation) => read.get(generation)), waiting };
}

test.each([
  { title: 'a copy after its log', paths: ['/a.log.1', '/a.log'], judgedAs: ['/a.log', '/a.log.1'] },
  { title: 'a copy in a directory below after its log', paths: ['/old/a.log-20261101', '/a.log'], judgedAs: ['/a.log', '/old/a.log-20261101'] },
  { title: 'what has another log, as they came', paths: ['/b.log.1', '/a.log', '/x/y/a.log.1'], judgedAs: ['/b.log.1', '/a.log', '/x/y/a.log.1'] },
  { title: 'a compressed form after what it was made from', paths: ['/a.log.1.gz', '/a.log.1'], judgedAs: ['/a.log.1', '/a.log.1.gz'] },
  { title: 'dated ones, whose names do not tell which is whose, as they came', paths: ['/a.log-20261101', '/a.log-20261102', '/a.log'], judgedAs: ['/a.log', '/a.log-20261101', '/a.log-20261102'] },
])('are judged, $title; read, oldest first', async ({ paths, judgedAs }) => {
  expect(await judged({ paths })).toEqual({ judged: judgedAs, read: paths, waiting: [] });
});

test('of which something is known waits for nothing', async () => {
  expect((await judged({ paths: ['/a.log.1', '/a.log'], known: ['/a.log.1'] })).judged).toEqual(['/a.log.1', '/a.log']);
});

test.each([
  { sinceMs: 10_001, waiting: ['/a.log.1'], read: [] },
  { sinceMs: 10_000, waiting: [], read: ['/a.log.1'] },
])('what cannot be read since $sinceMs ms keeps, at 20 s, $waiting for the next look', async ({ sinceMs, waiting, read }) => {
  expect(await judged({ paths: ['/a.log.1', '/a.log'], failing: { '/a.log': sinceMs } })).toEqual({ judged: read, read, waiting });
});

test('a log that cannot even be looked at is waited for as well', async () => {
  expect(await judged({ paths: ['/a.log.1'], failing: { '/a.log': 15_000 } })).toEqual({ judged: [], read: [], waiting: ['/a.log.1'] });
});

test('of thousands in one directory, none takes long', async () => {
  const paths = Array.from({ length: 20_000 }, (_, index) => `/logs/app-${index}.log`);
  expect((await judged({ paths })).judged).toEqual(paths);
});
