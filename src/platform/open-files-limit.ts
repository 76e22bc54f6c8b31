/**
 * How many files the process may have open, and how many of them log files may be.
 *
 * Invariant: log files never use up what connections, the checkpoint store, watching and listing need: an agent that can
 * read and not send would wait for ever.
 */
import { readFile } from 'node:fs/promises';

/** Libraries, standard streams, event loop, store, journal, control socket, watcher, listings under way: about 40 seen. */
const OTHER_HANDLES = 48;

/** The soft limit (RLIMIT_NOFILE) after Node raised it to the hard one; undefined where it cannot be told. Source: proc(5). */
export async function openFilesLimit(path = '/proc/self/limits'): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** How many log files may be open together where `limit` files may be, and `connections` are for sending. */
export function logFilesMax(limit: number | undefined, connections: number): number {
  return limit === undefined ? Infinity : Math.max(1, limit - OTHER_HANDLES - connections);
}
