import { describe, expect, test } from 'vitest';
import type { FileHandle } from '../../../../src/core/ports.ts';
import { deletedToRelease, type DeletedFilesPolicy } from '../../../../src/tail/generation/deleted-files.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { plainGeneration } from '../../../support/memory-files.ts';

const handle: FileHandle = { read: async () => 0, stat: () => Promise.reject(new Error('not asked')), close: async () => undefined };

/** An open file of `sizeBytes`, deleted at `deletedMs`. */
function deleted(number: number, file: { deletedMs: number | undefined; sizeBytes: number; open?: boolean }): Generation {
  const generation = plainGeneration({ number, path: `/logs/${number}`, sizeBytes: file.sizeBytes, linkCount: 0 }, { state: 'rotated' });
  generation.deletedMs = file.deletedMs;
  if (file.open !== false) generation.handle = handle;
  return generation;
}

const files = [
  deleted(1, { deletedMs: 3000, sizeBytes: 100 }),
  deleted(2, { deletedMs: 1000, sizeBytes: 50 }),
  deleted(3, { deletedMs: undefined, sizeBytes: 1000 }),
  deleted(4, { deletedMs: 1000, sizeBytes: 1000, open: false }),
  deleted(5, { deletedMs: 2000, sizeBytes: 70 }),
];

describe('which deleted files are let go of at 10 s', () => {
  test.each<[string, DeletedFilesPolicy, readonly number[]]>([
    ['none without bounds', { keepMsMax: undefined, keepBytesMax: undefined }, []],
    ['those held for longer than allowed, oldest first', { keepMsMax: 7500, keepBytesMax: undefined }, [2, 5]],
    ['none that was held just as long as allowed', { keepMsMax: 9000, keepBytesMax: undefined }, []],
    ['all at once where none may be held', { keepMsMax: 0, keepBytesMax: undefined }, [2, 5, 1]],
    ['none that together pin just what is allowed', { keepMsMax: undefined, keepBytesMax: 220 }, []],
    ['the oldest where together they pin a byte too much', { keepMsMax: undefined, keepBytesMax: 219 }, [2]],
    ['as many as it takes', { keepMsMax: undefined, keepBytesMax: 100 }, [2, 5]],
    ['those too old count before bytes are summed', { keepMsMax: 8500, keepBytesMax: 170 }, [2]],
  ])('%s', (_name, policy, expected) => {
    expect(deletedToRelease(files, policy, 10_000).map((one) => one.number)).toEqual(expected);
  });
});
