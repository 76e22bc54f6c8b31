/** Seeds that failed once. Several things have to come together in each, and no smaller test has them all. */
import { expect, it } from 'vitest';
import { failuresAmong } from './clean-seeds.ts';
import type { SeedChoice } from './seed-report.ts';

interface Kept extends Pick<SeedChoice, 'only' | 'modes' | 'features' | 'reloads'> {
  readonly seed: number;
  readonly title: string;
}

it.each<Kept>([
  { seed: 9_001_030, title: 'a file that is cut, and refilled to more than it had, between two reads of its head' },
  { seed: 9_018_216, title: 'a compressed form that was made while lines were written, all of which one read took' },
  { seed: 9_017_207, title: 'a file that gets the number of another one, with a line as long that ends alike, behind the same header' },
  { seed: 12_002_475, title: 'the end of what was decoded of a compressed file, when its stream was down for long' },
  { seed: 9_210_072, title: 'an aggregate that landed in the wrong shard while the shards were listed' },
  { seed: 14_008_090, title: 'a rotated file that is not read to its end when the server forgets its handle again and again' },
  { seed: 7_013_387, title: 'a copy that is deleted while a slow disk keeps it from being told that its log was cut' },
  { seed: 8_008_196, title: 'a copy that is not known as one, because it looks like an empty file of its inode number that grew' },
  { seed: 9_008_491, title: 'the end of a copy that looks like a grown file, made in the middle of a line' },
  { seed: 9_100_584, title: 'a file that begins like one that was cut, when the clock was set back, is taken for its copy' },
  { seed: 14_015_756, title: 'the copy of a cut log, deleted while a slow disk keeps it from being told, and given up before it is' },
  { seed: 7_421_344, reloads: true, title: 'a record that is carried out after what a copy has of it was sent by a successor' },
  { seed: 14_017_929, title: 'the compressed form of a file whose inode number a copy got before it was remembered' },
  { seed: 17_005_830, title: 'a file of which nothing but the common header is known goes on, for all that anyone can know, in a copy that is younger' },
  { seed: 18_003_715, title: 'a file of which only the common header is known, cut in the same process, goes on in a younger copy' },
  { seed: 17_004_589, title: 'copies of a log that cannot be read for longer than they wait for it' },
  { seed: 18_013_555, title: 'a file with the number of another one that is gone, which is no longer than what was known of that' },
  { seed: 23_007_316, title: 'a file whose only hints are lost, and that is deleted before the next look' },
  { seed: 24_001_964, title: 'a file that a rotation puts under the name of one that is moved away, and whose place another rotation takes' },
  { seed: 25_007_547, title: 'the copy of a cut log, shorter than its head, of which all was read and nothing accepted before a crash' },
  { seed: 42_010_918, title: 'a file that is cut, and refilled beyond what was read of it, but to less than it was seen to have' },
  { seed: 47_021_776, title: 'a log that cannot be opened until it is compressed: files that wait for it wait until its compressed form is gone, too' },
  { seed: 71_000_047, title: 'a part of a refused request, whose records were of different lanes before the shards were known' },
  { seed: 62_007_177, title: 'a copy that is to be remembered, whose name and number another file of the same size has by then' },
  {
    seed: 50_020_073,
    only: ['bursts', 'over-long-lines', 'late-writes', 'rotation-burst', 'denied', 'clock-jump', 'hang'],
    modes: ['delaycompress'],
    title: 'the compressed form of an open log, of which nothing is read yet, is taken for the rest of one of which no more than the header is known',
  },
  {
    seed: 57_042_962,
    only: ['copy-lag', 'late-writes', 'equal-heads', 'short-read', 'hint-lost', 'reshard'],
    modes: ['symlink-switch', 'nocreate'],
    features: ['utf-16'],
    title: 'a log in UTF-16 that was empty when it was seen, with the number and the header of one that is over',
  },
  {
    seed: 57_048_613,
    only: ['equal-heads', 'copy-lag', 'bursts', 'split-writes', 'too-many-open', 'late-start'],
    modes: ['nocreate'],
    features: ['deleted-bounds'],
    title: 'a log that cannot be opened before it is rotated, and whose successor passes for one that is over',
  },
  {
    seed: 58_003_477,
    only: ['late-writes', 'io-error', 'slow-disk', 'hint-late', 'rotation-burst', 'stale-handle', 'outage'],
    reloads: true,
    title: 'a group of lines that was added to while a slow disk was asked for its file',
  },
  {
    seed: 70_001_228,
    only: ['equal-heads', 'crash', 'late-writes', 'slow-disk', 'hint-late'],
    modes: ['copytruncate'],
    title: 'a copy of what a log has held since a cut that the agent has not noticed yet',
  },
  {
    seed: 66_300_217,
    only: ['body-limit', 'bursts', 'reshard', 'crash', 'over-long-lines', 'called-invalid'],
    reloads: true,
    title: 'a part of a request that was too large, refused alone when everything begins to be called invalid',
  },
  {
    seed: 30_019_025,
    only: ['crash', 'terminate', 'rotation-burst', 'equal-heads', 'slow-disk', 'late-writes'],
    modes: ['create', 'olddir', 'compress'],
    title: 'a file that goes on, for all that anyone can know, in a younger one, before that is stored',
  },
  {
    seed: 66_053_038,
    only: ['equal-heads', 'big-heads', 'bursts', 'split-writes', 'clock-jump', 'late-start', 'store-full', 'slow-network'],
    modes: ['symlink-switch'],
    title: 'a log that was empty when its file was closed, and has the header of another one when it has left its name',
  },
  {
    seed: 73_016_022,
    only: ['copy-lag', 'rotation-burst', 'late-writes', 'over-long-lines', 'denied', 'io-error'],
    modes: ['nocreate', 'compress', 'create'],
    features: ['deleted-bounds'],
    title: 'the compressed form of a log of one line, with the inode number of an empty file that is gone',
  },
  {
    seed: 50_012_278,
    only: ['bursts', 'late-writes', 'split-writes', 'too-many-open', 'slow-disk', 'accepted-late'],
    modes: ['copytruncate', 'olddir'],
    title: 'a file that was found with nothing but a hole at its beginning, and cut behind a longer one before it was read',
  },
])('seed $seed: $title', { timeout: 60_000 }, async ({ seed, ...choice }) => {
  expect(await failuresAmong(seed, 1, choice)).toEqual([]);
});
