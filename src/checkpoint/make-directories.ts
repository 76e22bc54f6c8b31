/** Directories for what the agent keeps: its positions, its control socket. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes `directory`, and those above it that are not there, for this user alone. Throws what the system says where one cannot be
 * made, or something else stands there. Not mkdir's own `recursive`: that goes on without end where a directory is there and nothing can
 * be made in it, as in /proc (ENOENT, Node 26.10).
 */
export function makeDirectories(directory: string): void {
  if (isDirectory(directory)) return;
  makeDirectories(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    // Another process may have made it by now.
    if (!isDirectory(directory)) throw cause;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
