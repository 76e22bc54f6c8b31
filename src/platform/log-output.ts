/**
 * Standard output as the place of the log. Writing never waits for the reader: up to 1 MiB is buffered, and what
 * comes after that is dropped and counted. So a stalled journal, a pipe or a full disk cannot stop the shipping.
 */
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { LogOutput } from '../telemetry/logger.ts';
import { LineWriter } from './line-writer.ts';

const STDOUT = 1;
const bufferedBytesMax = 1024 * 1024;

/** The process's standard output; buffered lines are written when the process exits, however it does. */
export function openLogOutput(env: Readonly<Record<string, string | undefined>>): LogOutput {
  const lines = new LineWriter(STDOUT, { bytesMax: bufferedBytesMax });
  process.once('exit', () => lines.flush());
  return {
    kind: isatty(STDOUT) ? 'terminal' : isJournal(env.JOURNAL_STREAM) ? 'journal' : 'stream',
    write: (line) => lines.write(line),
    takeDropped: () => lines.takeDropped(),
    flush: () => lines.flush(),
  };
}

/** Whether standard output is the journal that JOURNAL_STREAM (`device:inode`) names. Source: systemd.exec(5). */
function isJournal(journalStream: string | undefined): boolean {
  if (journalStream === undefined) return false;
  const { dev, ino } = fstatSync(STDOUT, { bigint: true });
  return journalStream === `${dev}:${ino}`;
}
