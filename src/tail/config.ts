/** What can be set about finding, reading and framing files. */
import * as z from 'zod';
import { limits } from '../core/limits.ts';
import { choice, group, listOf, oneOrMany, pattern, size, text, whole } from '../core/settings-field.ts';
import { readBytesFor } from './lines/utf16.ts';

export const BUFFER_BYTES_DEFAULT = 32 * 1024 ** 2;

/** Keys at the top of the config: shared by all flows. */
export const tailRootFields = {
  bufferBytesMax: size({
    description:
      'The byte budget: all data that is read and not yet accepted by its destination, over all flows. It has room for one line (lineBytesMax) of every flow at least. Reading waits while it is used up; the log files are the queue.',
    min: 2 * limits.readBytesMax,
    max: 64 * 1024 ** 3,
    example: '32MiB',
  }).default(BUFFER_BYTES_DEFAULT),
  openFilesMax: whole('files', {
    description:
      'Most files held open at once. Files that were idle longest are closed first and opened again when they grow. A file that is not read and delivered to its end stays open, even if there are more of them: once deleted, it could not be opened again.',
    min: 16,
    max: 1_000_000,
  }).default(512),
  reconcileSeconds: whole('seconds', {
    description:
      'How often the agent checks whether it missed a change that the kernel reports, a little more rarely while nothing happens. Where a report is lost, a new file is found after twice this time at most; the growth of a file that was idle for long, after a tenth of the time that it was idle, a minute at most (with thousands of files up to 33 ms for each).',
    min: 1,
    max: 3600,
  }).default(5),
  idleCloseSeconds: whole('seconds', {
    description: 'A file that did not grow for this long is closed until it grows again.',
    min: 1,
    max: 86_400,
  }).default(300),
};

/** Keys of one flow. */
export const tailFlowFields = {
  filePattern: oneOrMany({
    description:
      'Which files to read: an absolute path with * ? [a-z] [!a-z] {a,b} in any part (a \\ before one of these means the character itself) and ** for any depth, or a list of such.',
    example: ['/var/log/nginx/**/access.log*', '/srv/*/logs/*.log'],
  }),
  exclude: listOf(z.string().min(1), {
    description: 'Files to leave out, by patterns like those of filePattern. One that begins with / is compared with the whole path, others with its end: *.gz with the name, old/*.log with directory and name, old/** with everything below a directory old.',
    example: ['*.gz'],
  }).default([]),
  rotatedPattern: oneOrMany({
    description:
      'Where rotated files are, if they are neither in the directory of their log nor matched by filePattern; also if they have names there that do not begin with the log’s and end in a number or date (@4000…s of svlogd, app-1.log). The agent looks there for the rest of a file that it had not read, and for files that came and went while nobody looked. Beside the only log that the flow has in a directory, such a file with a number in its name is taken for that log’s, unless it is called like a rotated form of another one (error.log.1, archive-20261121.log).',
    example: '/var/log/old/app.log-*',
  }).optional(),
  initialPosition: choice(['END_OF_FILE', 'START_OF_FILE'], {
    description:
      'Where to begin in files that were there when the flow first saw their directory. Files that appear later are always read from the start.',
  }).default('END_OF_FILE'),
  ignoreOlderSeconds: whole('seconds', {
    description:
      'Files not written for longer than this when first seen are left out. Without it, age does not matter.',
    min: 1,
    example: 86_400,
  }).optional(),
  skipHeaderLines: whole('lines', {
    description: 'Lines at the start of every file that are not sent (counted as skipped).',
    min: 0,
    max: 10_000,
  }).default(0),
  fileFooterPattern: pattern({
    description:
      'A record that matches as a whole, surrounding white space aside, is a footer: it is not sent (counted as skipped).',
    example: '^#EOF$',
  }).optional(),
  multiLineStartPattern: pattern({
    description: 'A line that matches begins a new record; all others belong to the record before them.',
    example: '^\\d{4}-\\d{2}-\\d{2}',
  }).optional(),
  multiLineContinuationPattern: pattern({
    description: 'A line that matches belongs to the record before it; all others begin a new one.',
    example: '^\\s',
  }).optional(),
  multiLineEndPattern: pattern({
    description: 'A line that matches is the last of its record.',
    example: ';\\s*$',
  }).optional(),
  multiLineTimeoutMillis: whole('milliseconds', {
    description: 'A multi-line record to which nothing was added for this long is complete.',
    min: 10,
    max: 900_000,
  }).default(2000),
  multiLineLinesMax: whole('lines', {
    description: 'A multi-line record is cut after this many lines.',
    min: 1,
    max: 1_000_000,
  }).default(10_000),
  lineBytesMax: size({
    description: 'A line, or multi-line record, longer than this is treated as oversizeRecords says; what is left of it fits a record together with its partition key.',
    min: 64,
    max: limits.kinesisRecordBytesMax,
    example: '1MiB',
  }).default(limits.kinesisRecordBytesDefault),
  oversizeRecords: choice(['truncate', 'split', 'drop'], {
    description:
      'What becomes of a record larger than its destination takes: cut at its limit (never inside a UTF-8 character), cut into several records, or left out. Each is counted.',
  }).default('truncate'),
  encoding: choice(['utf-8', 'utf-16', 'utf-16le', 'utf-16be'], {
    description:
      'How the files are encoded. utf-8 passes every byte on unchanged, whatever it is; the others are turned into UTF-8 (utf-16: byte order from the byte order mark).',
  }).default('utf-8'),
  deletedFiles: group(
    {
      keepSecondsMax: whole('seconds', {
        description:
          'A deleted file is held open and read on for at most this long. Without it: until its end was delivered.',
        min: 0,
        example: 3600,
      }).optional(),
      keepBytesMax: size({
        description:
          'Deleted files of this flow pin at most this much disk; the oldest is given up first. Without it: no bound.',
        min: 0,
        example: '1GiB',
      }).optional(),
    },
    {
      description:
        'How long deleted files that are not read to their end are kept open. What is given up is counted as lost.',
    },
  ).default({}),
  afterDelivery: choice(['keep', 'delete', 'move'], {
    description:
      'What to do with a file that was rotated away, is delivered to its last byte and did not change for afterDeliverySeconds. A file counts as rotated when it was renamed, is compressed, or is called like a rotated form of a log that is there; and where a date stands in its name from the beginning (app-2026-11-21.log), when there is a file with a later date in a name that is the same otherwise. Files with other numbers in their names (app-1.log, app-2.log) may each have a writer of their own: they stay, and so does a file that does not end with a newline, and one of which nothing was sent (initialPosition).',
  }).default('keep'),
  afterDeliverySeconds: whole('seconds', {
    description: 'How long a delivered file must stay unchanged before afterDelivery applies.',
    min: 1,
    max: 31_536_000,
  }).default(60),
  moveTo: text({
    description: 'Directory for afterDelivery: move; on the same file system.',
    example: '/var/log/shipped',
  }).optional(),
};

const rootSchema = z.object(tailRootFields);
const flowSchema = z.object(tailFlowFields);
export type TailRootSettings = Readonly<z.output<typeof rootSchema>>;
export type TailSettings = Readonly<z.output<typeof flowSchema>>;

/** How many bytes one read must take to hold the longest line that the flow takes, or to show that a line is longer. */
export function lineReadBytes({ encoding, lineBytesMax }: Pick<TailSettings, 'encoding' | 'lineBytesMax'>): number {
  return encoding === 'utf-8' ? lineBytesMax + 1 : readBytesFor(lineBytesMax);
}

/**
 * Where a line longer than `lineBytesMax` is cut: its record then fits the destination with any key and a newline. A line that is cut at
 * `lineBytesMax` itself, which is what a stream takes by default, would be cut again for its key, and counted twice.
 */
export function lineCutBytes({ lineBytesMax }: Pick<TailSettings, 'lineBytesMax'>, destination: 'kinesis' | 'firehose'): number {
  const besidesBytes = 1 + (destination === 'kinesis' ? limits.partitionKeyCharsMax * limits.utf8CharacterBytesMax : 0);
  // Who allows longer lines than streams take by default has a stream that takes them.
  const recordBytesMax = destination === 'kinesis' ? Math.max(limits.kinesisRecordBytesDefault, lineBytesMax) : limits.firehoseRecordBytesMax;
  return Math.min(lineBytesMax, recordBytesMax - besidesBytes);
}

/** The size of the byte budget: as set, and at least the longest line of each flow, which would be cut otherwise. */
export function budgetBytes({ bufferBytesMax }: Pick<TailRootSettings, 'bufferBytesMax'>, flows: readonly Pick<TailSettings, 'encoding' | 'lineBytesMax'>[]): number {
  return Math.max(bufferBytesMax, flows.reduce((sum, flow) => sum + lineReadBytes(flow), 0));
}
