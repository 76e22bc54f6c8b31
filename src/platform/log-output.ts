/**
 * Standard output as the place of the log. Writing never waits for the reader: up to 1 MiB is buffered, what comes
 * after that is dropped and counted, so that a stalled journal or pipe cannot stop the shipping.
 */
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { LogOutput } from '../telemetry/logger.ts';

const STDOUT = 1;
const bufferedBytesMax = 1024 * 1024;
/** A last flush to a pipe that nobody reads is given up after these; each waits 100 ms (sonic-boom). */
const flushRetriesMax = 10;

/** The process's standard output; buffered lines are written when the process exits, however it does. */
export function openLogOutput(env: Readonly<Record<string, string | undefined>>): LogOutput {
  let droppedCount = 0;
  let flushRetriesLeft = Number.POSITIVE_INFINITY;
  const destination = pino.destination({
    fd: STDOUT,
    sync: false,
    minLength: 0,
    maxLength: bufferedBytesMax,
    retryEAGAIN: () => flushRetriesLeft-- > 0,
  });
  destination.on('drop', () => (droppedCount += 1));
  // A reader that went away (EPIPE) is the end of the log, not of the agent.
  destination.on('error', () => (droppedCount += 1));
  const flush = () => {
    flushRetriesLeft = flushRetriesMax;
    try {
      destination.flushSync();
    } catch {
      droppedCount += 1;
    }
  };
  process.once('exit', flush);
  return {
    kind: isatty(STDOUT) ? 'terminal' : isJournal(env.JOURNAL_STREAM) ? 'journal' : 'stream',
    write: (line) => {
      destination.write(line);
    },
    takeDroppedCount: () => {
      const count = droppedCount;
      droppedCount = 0;
      return count;
    },
    flush,
  };
}

/** Whether standard output is the journal that JOURNAL_STREAM (`device:inode`) names. Source: systemd.exec(5). */
function isJournal(journalStream: string | undefined): boolean {
  if (journalStream === undefined) return false;
  const { dev, ino } = fstatSync(STDOUT, { bigint: true });
  return journalStream === `${dev}:${ino}`;
}
