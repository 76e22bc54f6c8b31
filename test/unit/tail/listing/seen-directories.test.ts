/** Which directories a flow has seen, and since when what comes to them is new. */
import { describe, expect, test } from 'vitest';
import type { DirectorySeen } from '../../../../src/core/checkpoint-row.ts';
import { SeenDirectories } from '../../../../src/tail/listing/seen-directories.ts';

/** A look that finds these directories, each with the time of its last change; undefined: it is the same as before. */
function look(seen: SeenDirectories, changes: Record<string, number | undefined>) {
  const changed = Object.entries(changes).filter(([, changedMs]) => changedMs !== undefined);
  return seen.look({
    directories: Object.keys(changes),
    changedDirectories: new Map(changed.map(([directory, changedMs]) => [directory, { entries: [], changedMs }])),
    faults: [],
  });
}

const NOTHING: ReadonlySet<string> = new Set();

describe('what is new in a directory', () => {
  test('is what was made after the first look of all', () => {
    const seen = new SeenDirectories([]);
    expect(look(seen, { '/a': 5 }).has('/a')).toBe(true);
    look(seen, { '/a': 8 });
    expect(seen.newSinceMs('/a')).toBe(5);
    expect(seen.isChanged('/a')).toBe(true);
  });

  test('is what was made after the last look of the process before', () => {
    const seen = new SeenDirectories([{ directory: '/a', changedMs: 5 }]);
    expect(look(seen, { '/a': 8 }).any).toBe(false);
    expect(seen.newSinceMs('/a')).toBe(5);
  });

  test('is what was made after the first look of this process, if the process before did not store a time', () => {
    const seen = new SeenDirectories([{ directory: '/a' }]);
    look(seen, { '/a': 8 });
    look(seen, { '/a': 9 });
    expect(seen.newSinceMs('/a')).toBe(8);
  });

  test('that was not there before is what was made after the other directories had last changed', () => {
    const seen = new SeenDirectories([{ directory: '/a', changedMs: 5 }, { directory: '/b', changedMs: 7 }]);
    expect(look(seen, { '/a': 9, '/b': undefined, '/c': 10 }).any).toBe(false);
    expect(seen.newSinceMs('/c')).toBe(7);
  });

  test('is what came after the last change, once a log there is forgotten', () => {
    const seen = new SeenDirectories([{ directory: '/a', changedMs: 5 }]);
    look(seen, { '/a': 8 });
    seen.forgetLog('/a');
    expect(seen.newSinceMs('/a')).toBe(8);
  });
});

describe('the change of a directory', () => {
  const stored: readonly DirectorySeen[] = [{ directory: '/a', changedMs: 5 }];

  test('is not stored before all new files are judged', () => {
    const seen = new SeenDirectories(stored);
    look(seen, { '/a': 8 });
    expect(seen.take(true)).toEqual([]);
    seen.judged(new Set(['/a']));
    expect([seen.take(true), seen.all()]).toEqual([[], stored]);
    seen.judged(NOTHING);
    expect([seen.take(true), seen.all()]).toEqual([[{ directory: '/a', changedMs: 8 }], [{ directory: '/a', changedMs: 8 }]]);
  });

  test('is stored together with other changes, once, and again if that failed', () => {
    const seen = new SeenDirectories(stored);
    look(seen, { '/a': 8 });
    seen.judged(NOTHING);
    expect(seen.take(false)).toEqual([]);
    const taken = seen.take(true);
    expect([taken, seen.take(true)]).toEqual([[{ directory: '/a', changedMs: 8 }], []]);
    seen.restore(taken);
    expect(seen.take(false)).toEqual(taken);
  });

  test('is stored at once for a new directory, with nothing in it judged yet unless it was there at the first look', () => {
    const seen = new SeenDirectories([]);
    look(seen, { '/a': 5 });
    expect(seen.take(false)).toEqual([{ directory: '/a', changedMs: 5 }]);
    look(seen, { '/a': undefined, '/b': 9 });
    expect(seen.take(false)).toEqual([{ directory: '/b', changedMs: 5 }]);
    seen.judged(NOTHING);
    expect(seen.take(true)).toEqual([{ directory: '/a', changedMs: 5 }, { directory: '/b', changedMs: 9 }]);
  });
});
