/** Tells whether a path still leads to the file that was opened there. A process can go on writing to a file that no longer has a name. */
import { statSync } from 'node:fs';

export class FilePlace {
  readonly #path: string;
  #identity: string | undefined;

  /** Call it when the file at `path` has just been opened. Where no file is there yet, the first one that `isKept` finds counts. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path);
  }

  /** Throws a system error where this user may not look at the path. */
  get isKept(): boolean {
    const identity = identityOf(this.#path);
    this.#identity ??= identity;
    return identity === this.#identity;
  }
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}
